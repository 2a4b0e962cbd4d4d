import planaria
from planaria.gates.policy import PUBLIC


def test_the_public_names_are_those_that_the_package_offers() -> None:
    assert sorted(PUBLIC) == sorted(planaria.__all__)
