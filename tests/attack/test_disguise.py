from planaria.attack.catalogue import SOURCES
from planaria.attack.disguise import disguised
from planaria.placement.wasm.fitness import unfit


def test_disguised_source_does_the_same():
    space: dict[str, object] = {}
    exec(disguised("made = sorted(map(abs, [-2, 1]))"), space)
    assert space["made"] == [1, 2]


def test_a_look_at_disguised_source_finds_nothing_to_refuse():
    plain = {path.name: path.read_bytes() for path in SOURCES.glob("*.py")}
    assert unfit(plain)
    assert unfit({name: disguised(content.decode()).encode() for name, content in plain.items()}) == []
