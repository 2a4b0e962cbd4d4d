import asyncio
import doctest
import re
import sys
import tempfile
from pathlib import Path

import pytest

from planaria.diff.finding import Finding
from planaria.diff.observed import BehaviourRequest, BehaviourResult
from planaria.diff.reading import NothingToCompare
from planaria.diff.search import behaviour_findings
from planaria.diff.version import Version

BUDGET_S = 1.5
PAIRS = Path(__file__).parent / "pairs.md"


def version(source, label, **more):
    files = {"m.py": source} if isinstance(source, str) else source
    return Version(label=label, files={path: text.encode() for path, text in files.items()}, **more)


def searched(old, new, *, beside=None, **asked) -> BehaviourResult:
    request = BehaviourRequest(**{"kinds": ("behaviour",), "budget_s": BUDGET_S, **asked})
    return asyncio.run(behaviour_findings(version(old, "old.py", beside=beside), version(new, "new.py"), request))


def changed(old, one, other, **more):
    """Search with the new version in which one text stands for another."""
    if isinstance(old, str):
        assert one in old, "the change is one"
        return searched(old, old.replace(one, other), **more)
    assert any(one in text for text in old.values()), "the change is one"
    return searched(old, {path: text.replace(one, other) for path, text in old.items()}, **more)


def holds(finding, source):
    """Say whether the example of a witness holds in a version."""
    made = {"__name__": "m"}
    exec(compile(source, "m.py", "exec"), made)
    test = doctest.DocTestParser().get_doctest(finding.witness["doctest"] + "\n", made, "witness", None, None)
    return doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None).failed == 0


STACK = """class Stack:
    def __init__(self):
        self._items: list[int] = []

    def push(self, item: int) -> None:
        self._items.append(item)

    def pop(self) -> int:
        if not self._items:
            raise IndexError("empty")
        return self._items.pop()
"""
POINT = """from dataclasses import dataclass

@dataclass
class Point:
    y: int
    x: int

def middle(a: int, b: int) -> Point:
    return Point(a, (a + b) // 2)
"""
ROOT = "def root(n: int):\n    if n < 0:\n        raise ValueError(n)\n    return n\n"
COUNT = "def count(word: str) -> dict:\n    return {one: word.count(one) for one in word}\n"
STEPS = "def steps(n: int):\n    for one in range(n):\n        yield one * 2\n"
# The old version, the text in it that is another in the new one, what is said, how it is called.
SHOWN = {
    "a boundary": ("def grown(age: int) -> bool:\n    return age >= 18\n", ">=", ">", "another result", ["grown(18)"]),
    "an argument": (
        "def top(all: list[int]) -> int:\n    return sorted(all)[-1]\n", "return sorted(all)", "all.sort()\n    return all",
        "changes its arguments", None,
    ),
    "a class": (STACK, "_items.pop()", "_items.pop(0)", "another result", None),
    "an error": (ROOT, "raise ValueError", "raise KeyError", "KeyError", ["root(-1)"]),
    "an error for a result": (ROOT, "raise ValueError(n)", "return 0", "a result, where", ["root(-1)"]),
    "a mapping": (COUNT, "word.count(one)", "1", "another result", None),
    "an iterator": (STEPS, "one * 2", "one + one % 3", "another result", None),
    "a record": (POINT, "(a + b) // 2", "a + (b - a + 1) // 2", "another result", None),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_a_difference_is_shown_by_an_example_that_holds_for_the_old_version_only(name):
    old, one, other, what, calls = SHOWN[name]
    found = changed(old, one, other).findings
    assert [each.level for each in found if what in each.what][:1] == ["breaking"]
    shown = next(each for each in found if what in each.what)
    assert calls is None or shown.witness["calls"] == calls
    assert holds(shown, old)
    assert not holds(shown, old.replace(one, other))
    assert (shown.file, shown.symbol.partition(".")[0]) in (
        ("m.py", name) for name in ("grown", "top", "Stack", "root", "count", "steps", "middle")
    )
    assert shown.line > 0


def test_what_is_printed_is_a_warning_with_both_texts():
    (found,) = changed("def f(n: int) -> int:\n    print('got', n)\n    return n\n", "got", "took").findings
    assert (found.level, found.what) == ("warning", "it prints something else")
    assert [found.witness[side]["output"][:4] for side in ("old", "new")] == ["got ", "took"]
    assert found.witness["doctest"].splitlines()[1].startswith("got")


ACTS = {
    "while True:\n            pass": "no answer in time",
    "import os\n        os._exit(0)": "ends its process",
    "raise SystemExit": "it raises SystemExit",
    "import builtins\n        builtins.len = lambda _: 3": "it changes ",
    "import json\n        json.dumps = None": "it changes ",
    "import operator\n        operator.eq = max": "it changes _operator.eq|it changes operator.eq",
    "import sys\n        sys._getframe(1)": "looks at who calls",
    "import inspect\n        inspect.stack()": "looks at who calls",
    "print(n)": "prints something else",
    "import os\n        if os.fork() == 0:\n            return -n": "",
    "class Always:\n            __eq__ = lambda self, other: True\n        return Always()": "another result",
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_what_a_new_version_does_beside_its_work_is_a_finding(act):
    old = "def f(n: int) -> int:\n    if n > 3:\n        pass\n    return n\n"
    found = changed(old, "pass", act, examples=None).findings
    assert any(part in one.what for one in found for part in ACTS[act].split("|")), found


def test_a_new_version_that_is_not_steady_differs_and_an_old_one_is_not_exercised():
    steady = "import random\ndef f(n: int) -> int:\n    return n\n"
    unsteady = steady.replace("return n", "return n + random.SystemRandom().random()")
    assert [one.what for one in searched(steady, unsteady).findings] == ["it gives different results for the same call"]
    result = changed(unsteady, "n + r", "n - r")
    assert not result.findings
    assert [(one.symbol, one.why) for one in result.not_exercised] == [("f", "the old version disagrees with itself")]


def test_chance_with_a_seed_is_no_difference():
    old = "import random\ndef f(n: int) -> float:\n    return n + random.random()\n"
    assert not changed(old, "n + random.random()", "random.random() + n").findings


DIVIDE = "def share(whole: int, parts: int) -> int:\n    return whole // parts\n"
ROUNDED = ("whole // parts", "int(whole / parts) if parts < 0 else whole // parts")
ASSERTED = DIVIDE.replace("    return", "    assert parts > 0\n    return")
AGREED = """from planaria import requires

class Sharing:
    @requires("there are parts", lambda parts: parts > 0)
    def share(self, whole: int, parts: int) -> int: ...

class Other:
    def share(self, whole: int, parts: int) -> int: ...
"""
PLAIN = "def share(whole, parts):\n    assert parts > 0, 'nobody shares with none'\n"


def test_inputs_outside_the_conditions_of_code_or_contract_are_never_reported(tmp_path):
    (tmp_path / "agreed.py").write_text(AGREED)
    (tmp_path / "plain.py").write_text(PLAIN)
    assert changed(DIVIDE, *ROUNDED).findings
    inside = changed(ASSERTED, *ROUNDED)
    assert (inside.findings, inside.not_exercised) == ((), ())
    assert inside.summary["outside"]["share"] > 0
    for contract in ("agreed.py", "agreed.py:Sharing", "plain.py"):
        assert not changed(DIVIDE, *ROUNDED, contract=f"{tmp_path}/{contract}", budget_s=0.6).findings, contract
    assert changed(DIVIDE, *ROUNDED, contract=f"{tmp_path}/agreed.py:Other").findings
    assert changed(DIVIDE, "whole // parts", "whole // parts + (whole > 99)", contract=f"{tmp_path}/plain.py").findings


def test_a_contract_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "agreed.py").write_text(AGREED)
    for contract, text in ((f"{tmp_path}/none.py:A", "cannot be read"), (f"{tmp_path}/agreed.py:None", "no class None")):
        with pytest.raises(NothingToCompare, match=text):
            changed(DIVIDE, *ROUNDED, contract=contract)


SECRET = """def opened(word: str) -> bool:
    return hash_of(word) == 4711

def hash_of(word):
    total = 7
    for one in word:
        total = (total * 31 + ord(one)) % 99991
    return total
"""
WORD = "open sesame"


def sesame():
    made = {}
    exec(SECRET, made)
    return SECRET.replace("4711", str(made["hash_of"](WORD))), ("== ", "== 1 + ")


@pytest.mark.parametrize("place", ["examples", "tests", "docstring", "nowhere"])
def test_what_people_wrote_is_tried(place, tmp_path):
    old, change = sesame()
    more = {}
    if place == "examples":
        (tmp_path / "calls.jsonl").write_text(f'{{"call": "opened", "args": ["{WORD}"]}}\n')
        more["examples"] = tmp_path / "calls.jsonl"
    if place == "tests":
        more["beside"] = {"test_m.py": f"from m import opened\n\ndef test_it():\n    assert opened({WORD!r})\n".encode()}
    if place == "docstring":
        old = old.replace("bool:\n", f'bool:\n    """Say so.\n\n    >>> opened({WORD!r})\n    True\n    """\n', 1)
    told = [one.witness["calls"] for one in changed(old, *change, **more).findings if one.symbol == "opened"]
    assert told == ([] if place == "nowhere" else [[f"opened({WORD!r})"]])


def test_a_wrong_line_in_a_file_of_calls_is_refused_by_its_number(tmp_path):
    (tmp_path / "calls.jsonl").write_text('{"call": "share", "args": [1, 2]}\n{"call": \n')
    with pytest.raises(NothingToCompare, match=r"PLN-D102(.|\n)*line 2"):
        changed(DIVIDE, *ROUNDED, examples=tmp_path / "calls.jsonl")


SHOP = {
    "shop/__init__.py": "from shop.cart import total\n",
    "shop/cart.py": "from shop._tax import added\n\ndef total(prices: list[int]) -> int:\n    return added(sum(prices))\n",
    "shop/_tax.py": "RATE = 20\n\ndef added(net):\n    return net + _part(net)\n\ndef _part(net):\n    return net * RATE // 100\n",
    "shop/other.py": "def other(n: int) -> int:\n    return n\n",
}


@pytest.mark.parametrize("one, other", [("net * RATE // 100", "net * RATE // 101"), ("RATE = 20", "RATE = 21")])
def test_a_private_change_shows_at_the_nearest_public_symbol(one, other):
    result = changed(SHOP, one, other)
    assert {each.symbol for each in result.findings} <= {"shop.cart.total", "shop._tax.added"}
    (found, *_) = result.findings
    assert found.file in ("shop/cart.py", "shop/_tax.py")
    assert found.witness["calls"][0].startswith("import shop.")
    assert "shop.other.other" not in result.summary["affected"]


def test_what_is_gone_and_what_cannot_be_imported_is_told():
    two = "def f(n: int) -> int:\n    return n\n\ndef g(n: int) -> int:\n    return n\n"
    assert [(one.symbol, one.line) for one in changed(two, "def g", "def h").findings] == [("g", 4)]
    broken = "LIMIT = 1\n" + two
    (found,) = changed(broken, "LIMIT = 1", "raise RuntimeError(__file__)").findings
    assert (found.symbol, found.what) == ("m", "it cannot be imported: RuntimeError: m.py")
    (found,) = changed(broken, "LIMIT = 1", "import os; os._exit(4)").findings
    assert "ends its process when it is imported" in found.what
    result = searched(
        broken.replace("LIMIT = 1", "import nowhere.at_all_x as n; raise RuntimeError(1)"), two.replace("return n", "return 1")
    )
    assert not result.findings
    assert {one.symbol for one in result.not_exercised} == {"f", "g"}
    assert all("the old version cannot be imported: RuntimeError" in one.why for one in result.not_exercised)


def test_a_module_that_cannot_be_imported_is_one_finding_and_not_one_for_each_symbol():
    shop = SHOP | {"shop/other.py": "A = 1\ndef one(n: int) -> int:\n    return n\ndef two(n: int) -> int:\n    return n\n"}
    found = changed(shop, "A = 1", "A = [][0]").findings
    assert [(one.symbol, one.what) for one in found] == [("shop.other", "it cannot be imported: IndexError: list index out of range")]


def test_a_client_is_a_witness_only_where_it_shows_the_break():
    known = {"kind": "interface", "level": "breaking", "symbol": "f", "what": "it is gone", "cure": "keep it"}
    clients = tuple(Finding(**known, client=f"{name}(1)") for name in "fgh")
    old = "def f(n):\n    return n\n\ndef g(n):\n    return n\n"
    result = searched(old, old.replace("def f(n):", "def f():\n    return 1\n\ndef other(n):"), kinds=(), clients=clients)
    assert [one.witness is not None for one in result.clients] == [True, False, False]
    assert result.clients[0].witness["calls"][0] == "f(1)"
    assert result.clients[0].witness["new"]["text"].startswith("TypeError")
    assert result.findings == ()


def test_no_text_names_the_folder_of_the_search():
    (found,) = changed("def f(n: int) -> int:\n    return n\n", "return n", "raise RuntimeError(__file__)").findings
    assert found.witness["new"]["text"] == "RuntimeError: m.py"


def test_the_summary_says_how_hard_it_looked_and_a_seed_repeats_it():
    old = "def f(n: int) -> int:\n    if n > 10:\n        return 1\n    return 0\n"
    told = [changed(old, "> 10", ">= 10", seed=7) for _ in range(2)]
    facts = told[0].summary
    assert (facts["seed"], facts["affected"]) == (7, ["f"])
    assert facts["branches"] == {"old": [2, 2], "new": [2, 2]}
    assert 0 < facts["inputs"] <= facts["calls"]
    assert 0 < facts["cpu_s"] < 60
    assert [one.witness["calls"] for one in told[0].findings] == [["f(10)"]]
    assert told[0].findings == told[1].findings


def test_nothing_of_a_version_is_imported_here_and_no_folder_is_left(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = "def f(n: int) -> int:\n    return n\n"
    changed(source, "return n", "return n + 1")  # what the search itself needs is loaded
    before = set(sys.modules)
    assert changed(source, "return n", "return n + 2").findings
    assert not {name for name in set(sys.modules) - before if not name.startswith(("planaria.", "encodings."))}
    assert "m" not in sys.modules
    assert list(Path(tmp_path).iterdir()) == []


def test_where_nothing_may_be_affected_nothing_is_run():
    result = changed("def f(n: int) -> int:\n    return n\n", "return n", "return n  # as it was given")
    assert (result.findings, result.summary["inputs"], result.summary["branches"]) == ((), 0, None)


def pairs(*, is_same):
    """Return the pairs of one part of the file of pairs."""
    text = PAIRS.read_text(encoding="utf-8").split("\n# Bugs\n")[not is_same]
    found = re.findall(r"^## ([^\n]*)\n\n```python\n(.*?)```\n\n```python\n(.*?)```$", text, re.DOTALL | re.MULTILINE)
    return [pytest.param(old, new, id=name) for name, old, new in found]


@pytest.mark.parametrize("old, new", pairs(is_same=True))
def test_what_means_the_same_is_not_flagged(old, new):
    result = searched(old, new)
    assert result.findings == ()
    assert result.not_exercised == ()
    assert sum(result.summary["compared"].values()) > 20


@pytest.mark.parametrize("old, new", pairs(is_same=False))
def test_one_bug_is_found(old, new):
    found = searched(old, new).findings
    assert "breaking" in {one.level for one in found}


def test_what_has_moved_within_its_package_and_is_still_given_behaves_as_before(tmp_path):
    old = {
        "shop/__init__.py": "from shop.a import total\n",
        "shop/a.py": 'def total(x: int):\n    """\n    >>> total(2)\n    4\n    """\n    return x * 2\n',
    }
    new = {"shop/__init__.py": "from shop.b import total\n", "shop/a.py": "", "shop/b.py": old["shop/a.py"]}
    sides = [Version(label=name, files={path: text.encode() for path, text in side.items()}) for name, side in (("old", old), ("new", new))]
    result = asyncio.run(behaviour_findings(*sides, BehaviourRequest(kinds=("behaviour",), budget_s=0.5)))
    assert result.findings == ()
    assert result.summary["compared"]["shop.a.total"]


def test_a_recursion_that_ends_a_trace_is_no_look_at_the_caller():
    code = 'def deep(n: int):\n    """\n    >>> deep(3)\n    3\n    """\n    return n if n <= 0 else {}1 + deep(n - 1)\n'
    sides = [Version(label=name, files={"m.py": code.format(extra).encode()}) for name, extra in (("old", ""), ("new", "0 + "))]
    result = asyncio.run(behaviour_findings(*sides, BehaviourRequest(kinds=("behaviour",), budget_s=0.7)))
    assert result.findings == ()


def test_what_differs_and_nothing_public_leads_to_is_told_as_not_exercised():
    result = changed("def f(n: int) -> int:\n    return n\n\ndef _g(n: int) -> int:\n    return n * 2\n", "n * 2", "n * 3")
    assert not result.findings
    assert [(one.symbol, one.why) for one in result.not_exercised] == [("_g", "nothing public was found that leads to it")]
