import os
from pathlib import Path

import pytest

from planaria.placement.sandbox.error import StepRefused
from planaria.placement.sandbox.identity import FIRST
from planaria.placement.sandbox.ownership import mapping
from tests.placement.sandbox.worker import ADMINISTRATOR

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # the child does next to nothing


def test_a_table_of_owners_is_a_user_namespace_or_an_error() -> None:
    if ADMINISTRATOR:
        descriptor = mapping((0, 0), (FIRST, FIRST))
        try:
            assert str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith("user:")
            assert Path(f"/proc/self/fd/{descriptor}").stat().st_ino != Path("/proc/self/ns/user").stat().st_ino
        finally:
            os.close(descriptor)
    else:
        with pytest.raises(StepRefused):
            mapping((0, 0), (FIRST, FIRST))


def test_a_table_that_cannot_be_made_says_why() -> None:
    with pytest.raises(StepRefused, match="map owners"):
        mapping((-7, 0), (FIRST, FIRST))
