"""Every placement keeps the same promises; a new one is added to the list."""

import pytest

from planaria.testing.cells import PLACEMENTS, placed
from planaria.testing.conform import PLACEMENT_PROMISES, name_of


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("promise", PLACEMENT_PROMISES, ids=name_of)
async def test_a_placement_keeps_its_promise(promise, placement, tmp_path):
    async with placed(placement, root=tmp_path) as place:
        await promise(place)
