import pytest
from planaria.testing.cells import placed
from planaria.testing.conform import PLACEMENT_PROMISES, name_of
@pytest.mark.parametrize("promise", PLACEMENT_PROMISES, ids=name_of)
async def test_p(promise, tmp_path):
    async with placed("process", root=tmp_path) as place:
        await promise(place)
