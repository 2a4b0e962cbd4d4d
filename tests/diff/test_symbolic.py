import importlib.util

import pytest

from planaria.diff.symbolic import SolverMissing, symbolic_seeds
from planaria.diff.version import Version
from planaria.witness.script.subject import subjects_of
from planaria.witness.stage.actor import Stage

OLD = "def f(x: int) -> int:\n    return 1 if x * 7 == 3577 else x\ndef g(x):\n    return x\n"
NEW = "def f(x: int) -> int:\n    return x\ndef g(x):\n    return x + 1\n"


def seeds(tmp_path, symbols, *, dotted=False):
    versions = tuple(Version(label=name, files={"m.py": text.encode()}) for name, text in (("old", OLD), ("new", NEW)))
    tmp_path.chmod(0o755)
    with Stage(confined=False) as stage:
        subjects = subjects_of(versions[0].trees, dotted=dotted)
        return symbolic_seeds(stage, tmp_path / "symbolic", versions, subjects, symbols)


def test_a_solver_finds_the_one_input_that_no_example_meets(tmp_path):
    assert [one.lines for one in seeds(tmp_path, ["f"])] == [["f(x=511)"]]


@pytest.mark.parametrize("symbols, dotted", [(["g"], False), ([], False), (["f"], True)])
def test_nothing_is_asked_of_a_solver_about_untyped_functions_or_packages(tmp_path, symbols, dotted):
    assert seeds(tmp_path, symbols, dotted=dotted) == []
    assert not (tmp_path / "symbolic").exists()


def test_without_the_solver_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SolverMissing, match="PLN-D105") as caught:
        seeds(tmp_path, ["f"])
    assert "planaria[symbolic]" in caught.value.plain()["fix"]
