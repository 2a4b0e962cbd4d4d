"""What is noted is what coverage.py traces: lines, branches and what is excused, over every kind of statement."""

import asyncio
import json
import subprocess
import sys
import textwrap

import pytest

from planaria.prove.run import Request, prove

CODE = '''
"""A module of every kind of statement."""
from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
try:
    import nothing_of_this_name
except ImportError:
    nothing_of_this_name = None
if sys.version_info < (3, 0):
    OLD = True
else:
    OLD = False
for LETTER in "ab":
    KNOWN = LETTER


def kept(function):
    """Decorate."""
    return function


class Shelf:
    """A class with a body."""

    size = 3
    if size > 5:
        large = True

    @kept
    @kept
    def put(
        self,
        item: int,
        times: int = 1,
    ) -> list[int]:
        """Put."""
        found = [
            one
            for one in range(times)
            if one != item
        ]

        def inner(count):
            nonlocal times
            while count > 0:
                count -= 1
                if count == 7:
                    break
            else:
                times = 0
            return count
        inner(times)
        if (
            item > 3
            and times < 2
        ):
            found.append(item)
        elif item < 0:
            "nothing"
        elif item == 2:
            return []
        for one in found:
            if one == 5: continue
            pass
        return found


def parsed(text, default=None):
    try:
        value = int(text)
    except ValueError:
        if default is None:
            raise
        value = default
    except (TypeError, KeyError):
        value = 0
    else:
        value += 1
    finally:
        seen = text
    return value, seen


def guarded(given):
    try:
        return 1 / given
    except:
        return None


def closed(given):
    for _ in range(2):
        try:
            if given:
                return 1
        finally:
            given += 1
    return 2


def grouped(error):
    try:
        raise error
    except* ValueError:
        return_value = 1
    except* KeyError:
        return_value = 2
    return return_value


def matched(given):
    match given:
        case 0:
            return "none"
        case int() if given > 5:
            return "many"
        case [first, *_]:
            found = first
        case {"a": 1} | "a":
            found = "a"
        case _:
            found = "other"
    match found:
        case 1:
            found = 2
        case 2 | _:
            found = 3
    match found:
        case 7:
            return "seven"
    return found


def endless(count):
    while True:
        count += 1
        if count > 3:
            break
        if not count:
            continue
        with open(__file__) as one, \\
                open(__file__):
            if count == 2:
                return one
    return count


def excused(given):
    if given:  # pragma: no cover
        return 1
    for _ in range(given): pass  # pragma: no branch
    assert not given, (
        "never"
    )
    return 0 if given else (lambda one:
        one)


async def later(count):
    async for one in each(count):
        if one == 1:
            break
    else:
        return "all"
    async with asyncio.Lock():
        await asyncio.sleep(0)
    global LAST
    LAST = one
    del one
    raise LookupError(
        count
    )


async def each(count):
    for one in range(count):
        yield one
    yield from_nowhere if False else 3


def never():
    first = 1
    if first:
        return first
    return 2
'''
TESTS = {
    "few": ["code.parsed('1')", "code.matched(0)"],
    "some": [
        "code.Shelf().put(5)", "code.Shelf().put(2)", "code.parsed('x', 4)", "raised(code.parsed, 'x')", "code.parsed(None)",
        "code.guarded(0)", "code.matched(9)", "code.matched([1])", "code.endless(0)", "code.endless(3)", "code.closed(1)",
        "code.excused(0)", "raised(asyncio.run, code.later(2))", "code.grouped(ExceptionGroup('', [KeyError()]))",
    ],
    "most": [
        *(f"code.Shelf().put({one})" for one in ("5", "5, 9", "-2", "1", "2")), "code.parsed('x', 4)", "raised(code.parsed, 'x')",
        "code.parsed('1')", "code.parsed(None)", "code.guarded(0)", "code.guarded(1)", *(f"code.closed({one})" for one in (1, 0, -1)),
        "code.grouped(ExceptionGroup('', [ValueError(), KeyError()]))", "code.endless(-2)", "code.endless(0)",
        "code.endless(1)", "code.excused(0)", "asyncio.run(code.later(0))", "raised(asyncio.run, code.later(2))",
        *(f"code.matched({one})" for one in (0, 9, 1, [1], [7], "'a'", "'b'")),
    ],
}  # fmt: skip
HEAD = """
import asyncio
import pytest
import code_of_all_kinds as code

def raised(function, *given):
    with pytest.raises(Exception):
        function(*given)
"""


def traced(root):
    """Return what coverage.py tells of the module, in a process of its own."""
    ways = ["--rcfile=/dev/null", f"--data-file={root / 'data'}"]
    for command in (["run", *ways, "--branch", "--include=code_of_all_kinds.py", "-m", "pytest", "-q"], ["json", *ways, "-o", "told.json"]):
        subprocess.run([sys.executable, "-m", "coverage", *command], cwd=root, check=True, capture_output=True)
    told = json.loads((root / "told.json").read_text())["files"]["code_of_all_kinds.py"]
    missed = tuple(sorted(map(tuple, told["missing_branches"])))
    lines = tuple(sorted(told["executed_lines"] + told["missing_lines"]))
    return lines, tuple(told["missing_lines"]), tuple(told["excluded_lines"]), told["summary"]["num_branches"], missed


@pytest.mark.parametrize("name", TESTS)
def test_the_same_is_reached_as_by_a_trace(tmp_path, name):
    (tmp_path / "code_of_all_kinds.py").write_text(CODE)
    calls = "".join(f"\ndef test_{number}():\n    {call}\n" for number, call in enumerate(TESTS[name]))
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (tmp_path / "test_all.py").write_text(HEAD + calls)
    request = Request(path=tmp_path / "code_of_all_kinds.py", tests=(tmp_path / "test_all.py",), jobs=1, rounds=False, most=1)
    proof = asyncio.run(prove(request))
    assert {one.result for one in proof.tests} == {"passed"}
    (one,) = proof.files
    assert (one.lines, one.missed_lines, one.excused_lines, one.branches, one.missed_branches) == traced(tmp_path)
    assert one.missed_branches
    assert {test for several in one.tests.values() for test in several} == {test.name for test in proof.tests}


def test_each_line_has_the_tests_that_come_to_it(tmp_path):
    code = "def f(a):\n    if a:\n        b = 1\n    else:\n        b = 2\n    return b\n"
    (tmp_path / "choice.py").write_text(code)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (tmp_path / "test_choice.py").write_text(
        textwrap.dedent("""
        from choice import f

        def test_one():
            assert f(1) == 1

        def test_two():
            assert f(0) == 2
    """)
    )
    proof = asyncio.run(prove(Request(path=tmp_path / "choice.py", tests=(tmp_path / "test_choice.py",), jobs=1, rounds=False)))
    both = tuple(f"test_choice.py::test_{one}" for one in ("one", "two"))
    assert proof.files[0].tests == {2: both, 3: both[:1], 5: both[1:], 6: both}
