"""The first run is the same however many processes share it, and what fails apart from the others is run in order."""

import asyncio
import textwrap

from planaria.prove.run import Request, prove

CODE = """
    def priced(number, rate=2):
        if number > {limit}:
            return number * rate
        return number


    def unasked(number):
        return number + 1
"""
TESTS = """
    import pytest
    from shop.{name} import priced

    @pytest.fixture(scope="module")
    def known():
        return []

    @pytest.mark.parametrize("number", range(25))
    def test_priced(number, known):
        known.append(number)
        assert len(known) == number + 1  # they stay together, and in order
        assert priced(number) == (number * 2 if number > {limit} else number)
"""


def project(root, names, tests=TESTS):
    (root / "shop").mkdir()
    (root / "tests").mkdir()
    (root / "shop/__init__.py").touch()
    for limit, name in enumerate(names, 5):
        (root / f"shop/{name}.py").write_text(textwrap.dedent(CODE).format(limit=limit))
        (root / f"tests/test_{name}.py").write_text(textwrap.dedent(tests).format(name=name, limit=limit))
    return root


def proof(root, jobs):
    return asyncio.run(prove(Request(path=root / "shop", tests=(root / "tests",), jobs=jobs, rounds=False)))


def facts(proof):
    files = [(one.file, one.lines, one.missed_lines, one.missed_branches, one.branches, one.tests) for one in proof.files]
    tests = [(one.name, one.result, one.reaches) for one in proof.tests]
    return files, tests, [(one.mutant, one.verdict, one.tests) for one in proof.mutants]


def test_one_process_and_three_tell_the_same(tmp_path):
    root = project(tmp_path, ("bread", "milk", "tea", "wine"))
    one, three = proof(root, 1), proof(root, 3)
    assert facts(one) == facts(three)
    assert {file.missed_lines for file in one.files} == {(), (9,)}
    assert {each.verdict for each in one.mutants} == {"killed", "unreached"}


def test_what_asks_for_another_file_to_be_run_first_passes_as_it_does_in_order(tmp_path):
    root = project(tmp_path, ("bread", "milk", "tea"))
    (tmp_path / "shop/memory.py").write_text("seen = []\n")
    (tmp_path / "tests/test_a.py").write_text("from shop.memory import seen\n\ndef test_begins():\n    seen.append(1)\n    assert seen\n")
    (tmp_path / "tests/test_z.py").write_text("from shop.memory import seen\n\ndef test_ends():\n    assert seen\n")
    tests = proof(root, 2).tests
    assert [(one.name, one.result) for one in tests if "test_ends" in one.name] == [("tests/test_z.py::test_ends", "passed")]
    assert {one.result for one in tests} == {"passed"}
    assert len(tests) == 77


def test_a_test_that_ends_its_process_only_apart_from_the_others_is_run_in_order(tmp_path):
    root = project(tmp_path, ("bread", "milk", "tea"))
    (tmp_path / "shop/memory.py").write_text("seen = []\n")
    (tmp_path / "tests/test_a.py").write_text("from shop.memory import seen\n\ndef test_begins():\n    seen.append(1)\n    assert seen\n")
    (tmp_path / "tests/test_z.py").write_text(
        "import os\nfrom shop.memory import seen\n\ndef test_ends():\n    seen or os._exit(3)\n    assert seen\n"
    )
    assert {one.result for one in proof(root, 2).tests} == {"passed"}
