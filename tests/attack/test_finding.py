from planaria.attack.catalogue import attacks, attacks_for
from planaria.attack.finding import KNOWN, known_in


def test_what_is_known_to_get_through_is_an_attack():
    assert {one.attack for one in KNOWN} <= {one.name for one in attacks()}


def test_less_gets_through_where_there_are_namespaces():
    assert known_in("process", namespaces=True) < known_in("process", namespaces=False)


def test_at_least_98_of_100_attacks_are_known_to_be_stopped_everywhere():
    for placement in ("process", "wasm"):
        tried = [one for one in attacks_for(placement) if not one.sane]
        assert len(known_in(placement, namespaces=False)) <= 0.02 * len(tried)
