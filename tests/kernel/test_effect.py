import pytest

from planaria.kernel.effect import Chance, Clock, Connects, Effect, Reads, Secret, Spawns, Writes


@pytest.mark.parametrize(
    "effect, text",
    [
        (Connects("host:443"), "connects host:443"),
        (Connects(), "connects *"),
        (Reads("pages/"), "reads pages/"),
        (Writes(), "writes *"),
        (Spawns("git"), "spawns git"),
        (Secret("token"), "secret token"),
        (Clock(), "clock *"),
        (Chance(), "chance *"),
    ],
)
def test_an_effect_is_written_as_its_kind_and_what_it_touches(effect, text):
    assert str(effect) == text
    assert effect == Effect(*text.split())
