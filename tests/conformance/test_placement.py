"""Every placement keeps the same promises; a new one is added to the list."""

import pytest
import pytest_asyncio

from planaria.placement.wasm.placement import Wasm
from planaria.testing.cells import PLACEMENTS, placed
from planaria.testing.conform import PLACEMENT_PROMISES, name_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLACEMENTS)
async def placement(request, tmp_path_factory):
    """Make a placement once: what one promise leaves behind in it meets the next. A guest is built before, in its own time."""
    if request.param == "wasm":
        await Wasm(tmp_path_factory.mktemp("warm")).warm()
    async with placed(request.param, root=tmp_path_factory.mktemp("root")) as made:
        yield made


@pytest.mark.parametrize("promise", PLACEMENT_PROMISES, ids=name_of)
async def test_a_placement_keeps_its_promise(promise, placement):
    await promise(placement)
