import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from planaria.cli import prove as command
from planaria.cli.prove.page import page
from planaria.cli.prove.screen import WHY, tell
from planaria.cli.terminal import Terminal
from planaria.prove.mutant import Mutant, SourceUnreadable
from planaria.prove.proof import Blind, FileReach, Proof, Proven, Test

SOURCE = '''"""A cart."""

def total(lines):
    if len(lines) > 9:
        return 0
    return sum(
        lines
    )

def ship(lines):
    """Where to.
    """
    return lines[0]
'''
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\u202e'\""


def mutant(old, new, operator="boundary", function="total", *, source=SOURCE, file="cart.py"):
    before = source[: source.index(old)]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2])
    end_line, end_column = line + old.count("\n"), len(old.rpartition("\n")[2]) + (0 if "\n" in old else column)
    return Mutant(
        id=1, file=file, operator=operator, function=function, line=line, column=column, end_line=end_line, end_column=end_column,
        text=new, key=new,
    )  # fmt: skip


SURVIVED = Proven(mutant=mutant("len(lines) > 9", "len(lines) >= 9"), verdict="survived", tests=("t.py::test_a", "t.py::test_b"))
ALSO = Proven(mutant=mutant("9", "10", "off_by_one"), verdict="survived", tests=("t.py::test_a",))
KILLED = Proven(mutant=mutant("return 0", "return 1", "constant"), verdict="killed", by="t.py::test_a", is_cached=True)
SAME = Proven(mutant=mutant("sum(\n        lines\n    )", "lines", "omission"), verdict="probably_equivalent", why="no witness")
LATE = Proven(mutant=mutant("lines[0]", "lines[1]", "off_by_one", "ship"), verdict="inconclusive", why="takes many times the steps")
UNREACHED = Proven(mutant=mutant("return lines[0]", "return None", "statement", "ship"), verdict="unreached")
FAILS = Blind(kind="fails", file="t.py", line=7, test="t.py::test_c", what="it fails", cure="mend it")
SKIPPED = Blind(kind="skipped", file="t.py", line=0, test="", what="it is <skipped>", cure="run it")
FILE = FileReach(file="cart.py", source=SOURCE, lines=(4, 5, 6, 13), missed_lines=(13,), branches=4, missed_branches=((4, 5), (13, -10)))


def proof_of(*mutants, findings=(), files=(FILE,)):
    tests = tuple(Test(name=name, file="t.py", line=1, result=name, cpu_s=0.1, reaches=1) for name in ("passed", "passed", "skipped"))
    return Proof(files=files, tests=tests, mutants=mutants, findings=findings, cpu_s=0.5, seconds=0.25)


WHOLE = proof_of(SURVIVED, ALSO, KILLED, SAME, LATE, UNREACHED, findings=(SKIPPED, FAILS))


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """Stand in the place of the engine: say what was asked, give what was set."""
    (tmp_path / "cart.py").write_text(SOURCE)

    class Engine:
        asked = None
        gives = WHOLE

        async def prove(self, request, *, progress=None):
            self.asked = request
            self.budget_s = None
            progress("mutants", 1, 2)
            if isinstance(self.gives, BaseException):
                raise self.gives
            return self.gives

        async def without(self, proof, request, *, budget_s, confined, progress):
            assert request is self.asked
            self.budget_s = budget_s
            return proof

    made = Engine()
    monkeypatch.setattr("planaria.prove.run.prove", made.prove)
    monkeypatch.setattr("planaria.prove.harden.equivalent.without_equivalents", made.without)
    return made


def text_of(proof, **options):
    out = io.StringIO()
    tell(proof, Terminal(out, io.StringIO(), as_json=False), **options)
    return out.getvalue()


def test_what_is_typed_is_what_is_asked(planaria, engine):
    assert planaria("prove", "cart.py").code == 0
    assert (engine.asked.path, engine.asked.cache, engine.asked.tests) == (Path("cart.py"), Path(".planaria/prove"), ())
    typed = "prove . --tests cart.py --tests . --jobs 2 --since main --only boundary,loop --no-cache --budget-s 9 --equivalent-s 0"
    assert planaria(*typed.split()).code == 0
    asked = engine.asked
    assert (asked.tests, asked.jobs, asked.since, asked.only) == ((Path("cart.py"), Path()), 2, "main", ("boundary", "loop"))
    assert (asked.cache, asked.budget_s, engine.budget_s) == (None, 9.0, 0.0)


@pytest.mark.parametrize(
    "proof, options, code",
    [(proof_of(SURVIVED, findings=(FAILS,)), "", 0), (proof_of(KILLED, SURVIVED), "--least 50", 0),
     (proof_of(KILLED, SURVIVED), "--least 50.1", 1), (proof_of(KILLED, findings=(FAILS,)), "--least 50", 1),
     (proof_of(KILLED, LATE), "--least 60", 3), (proof_of(KILLED, LATE), "--least 50", 0), (proof_of(SURVIVED, LATE), "--least 60", 1),
     (proof_of(KILLED, SAME), "--least 100", 0), (proof_of(), "--least 0", 3), (proof_of(), "--least 9 --since main", 0)],
)  # fmt: skip
def test_it_judges_when_asked_and_never_says_yes_to_what_is_open(planaria, engine, proof, options, code):
    engine.gives = proof
    assert planaria("prove", "cart.py", *options.split()).code == code


@pytest.mark.parametrize(
    "options, cure",
    [("nowhere", "path"), (". --tests no", "path"), (". --jobs -1", "from 0"), (". --budget-s nan", "from 0"),
     (". --least 101", "0 to 100"), (". --html no/p", "make it"), (". --only loop,looks", "boundary, "),
     (". --cache a --no-cache", "--help")],
)  # fmt: skip
def test_trouble_is_two_with_a_cure_before_anything_is_run(planaria, engine, options, cure):
    ended = planaria("prove", *options.split())
    assert (ended.code, ended.out, ended.err.partition(":")[0]) == (2, "", "PLN-U101")
    assert cure in ended.err.partition("fix:")[2]
    assert engine.asked is None


def test_json_is_one_line_and_a_refusal_keeps_its_code(planaria, engine):
    ended = planaria("prove", "cart.py", "--json")
    assert (json.loads(ended.out), ended.out.count("\n")) == (WHOLE.plain(), 1)
    engine.gives = SourceUnreadable(file="cart.py", text="line 3")
    ended = planaria("prove", "cart.py")
    assert (ended.code, ended.err.partition(":")[0]) == (2, "PLN-J103")


def test_the_page_is_written_whole_or_not_at_all(planaria, engine, tmp_path, monkeypatch):
    ended = planaria("prove", "cart.py", "--html", "page.html")
    assert ended.out.splitlines()[-1] == "written to page.html"
    assert "total" not in ended.out
    before = (tmp_path / "page.html").read_text()
    assert before == page(WHOLE)
    engine.gives = KeyboardInterrupt()
    assert planaria("prove", "cart.py", "--html", "page.html").code == 130
    engine.gives = proof_of()
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError(28, "No space left")))
    assert planaria("prove", "cart.py", "--html", "page.html").code == 4
    assert sorted(one.name for one in tmp_path.iterdir()) == ["cart.py", "page.html"]
    assert (tmp_path / "page.html").read_text() == before


def test_progress_is_a_share_of_what_is_known():
    told = []
    bar = type("Told", (), {"tell": lambda self, *facts: told.append(facts)})()
    progress = command.told_by(bar)
    progress("mutants", 1, 4)
    progress("collecting", 0, 0)
    assert told == [("reading", 0), ("mutants 1 of 4", 0.25), ("collecting", 0)]


def test_survivors_are_diffs_with_the_reason_why_they_matter():
    told = f"""score 25.0 %: 1 of 4 mutants killed; 50.0 % of branches reached

cart.py:4  boundary, off_by_one  total  run by 2 tests
  - if len(lines) > 9:
  + if len(lines) >= 9:
  + if len(lines) > 10:
    {WHY["boundary"]}
    {WHY["off_by_one"]}

cart.py:13  no test runs 1 mutant in ship

fails  t.py:7 test_c  it fails: mend it
skipped  t.py  it is <skipped>: run it

6 mutants: 1 killed, 2 survived, 1 unreached, 1 probably equivalent, 1 inconclusive (takes many times the steps)
tests: 2 passed, 1 skipped; 0.2 s, 0.5 CPU s, 10 mutants per CPU second, 1 from the cache
"""
    assert text_of(WHOLE) == told


def test_the_most_telling_come_first_and_the_rest_is_counted():
    call = "a()\n    return g(\n        a,\n        a,\n    )"
    source = "".join(f"def f{at}(a):\n    return a < {at} \n" for at in range(20)) + f"def g(a):\n    {call}\n"
    less = [
        Proven(mutant=mutant(f"a < {at} ", "b", function=f"f{at}", source=source), verdict="survived", tests=("t",) * at)
        for at in range(20)
    ]
    long = Proven(mutant=mutant(call, "pass", "statement", "g", source=source), verdict="survived", tests=("t",) * 30)
    unrun = [replace(one, verdict="unreached") for one in (less[18], less[18], less[19], long, *less[:4], *less[1:2] * 3)]
    blind = Blind(kind="asserts_nothing", file="t.py", line=3, test="t.py::A::test", what="w" * 99, cure="assert " + "c" * 40)
    lines = text_of(proof_of(*less[1:18], long, *unrun, files=(replace(FILE, source=source),), findings=(blind,) * 10)).splitlines()
    at = lines.index("and 6 survivors more: --html FILE or --json")
    assert lines[2:11] + lines[at + 1 : at + 10] + lines[-4:-2] == [
        "cart.py:42  statement  g  run by 30 tests", "  - a()", "  - return g(", "  -     a,", "    ... 2 lines more", "  + pass",
        f"    {WHY['statement']}", "cart.py:36  boundary  f17  run by 17 tests", "  - return a < 17 ", "",
        "cart.py:4  no test runs 4 mutants in f1", "cart.py:38  no test runs 2 mutants in f18", "cart.py:40  no test runs 1 mutant in f19",
        "cart.py:42  no test runs 1 mutant in g", "and in 3 functions more", "", f"asserts nothing  t.py:3 test  {'w' * 99}",
        f"    assert {'c' * 40}", "and 2 findings more: --html FILE or --json", "",
    ]  # fmt: skip
    assert sum(WHY["boundary"] in line for line in lines) == 1


def test_what_is_not_there_is_said():
    nothing = replace(proof_of(files=()), tests=(), cpu_s=0.0)
    assert re.fullmatch(r"nothing to prove.*\n\n0 mutants.*\ntests: none;.* 0 mutants per CPU second.*\n", text_of(nothing))
    assert "<main></main>" in page(nothing)


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("mutants, colour", [((KILLED, SAME), 32), ((KILLED, UNREACHED), 33), ((UNREACHED, SURVIVED), 31)])
def test_colours_and_width_are_those_of_the_terminal(monkeypatch, mutants, colour):
    source = SOURCE + f"x = f({'b + ' * 60}c < 1)\n"
    far = Proven(mutant=mutant("c < 1", "c <= 1", function="far", source=source), verdict="survived", tests=("t",) * 3)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    screens = [Screen(), Screen()]
    for screen, more in zip(screens, [(), (far,)], strict=True):
        tell(proof_of(*mutants, *more, files=(replace(FILE, source=source),)), Terminal(screen, io.StringIO(), as_json=False))
    assert screens[0].getvalue().startswith(f"\x1b[1;{colour}mscore ")
    told = screens[1].getvalue()
    assert re.search(r"\x1b\[31m  - ….{32,}b \+ c < 1\)\x1b\[0m\n\x1b\[32m  \+ ….{32,}b \+ c <= 1\)\x1b\[0m\n\x1b\[2m    the first", told)
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in told.splitlines()[2:6]) == 80


def hostile():
    source = f"def f(a):\n    return a < 1, '''{HOSTILE}'''\n"
    wrong = mutant("a < 1", repr(HOSTILE), function=HOSTILE, source=source, file=HOSTILE)
    lived = Proven(mutant=wrong, verdict="survived", tests=(HOSTILE,))
    rest = [replace(lived, verdict=one, by=HOSTILE * (one == "killed"), why=HOSTILE) for one in ("killed", "unreached", "inconclusive")]
    finding = Blind(kind="clock", file=HOSTILE, line=1, test=HOSTILE, what=HOSTILE, cure=HOSTILE)
    return proof_of(lived, *rest, files=(replace(FILE, file=HOSTILE, source=source, missed_branches=()),), findings=(finding,))


def test_code_cannot_draw_on_the_terminal_and_does_not_live_in_the_page():
    told, text = text_of(hostile()), page(hostile())
    assert "\\x1b[2J" in told
    assert all(one.isprintable() or one == "\n" for one in told)
    assert text.count("<script") == text.count("</script") == 1
    assert not re.search(r"<img|\x1b|\u202e|url\(|@import|https?:|\bon[a-z]+=\"|style=", text)
    assert re.search(r"default-src 'none'; style-src 'sha256-[\w+/]+='; script-src 'sha256-[\w+/]+='", text)


def test_the_page_colours_each_line_by_its_worst_mutant():
    text = page(WHOLE)
    assert re.findall(r'class="l (\w*)" id=f0-(\d+) data-v="(.*?)"', text)[3:7] == [
        ("survived", "4", "survived"), ("killed", "5", "killed"), ("probably_equivalent", "6", "probably_equivalent"), ("", "7", ""),
    ]  # fmt: skip
    assert re.findall(r'href="#(f0-\d+)">\w+<i class="score (\w+)', text) == [("f0-4", "survived"), ("f0-13", "unreached")]
    assert text.count("<details id=f0 open>") == text.count("<ins>if len(lines) &gt;<mark>=</mark> 9:</ins>") == 1
    body = text.partition("<nav ")[2].partition("<script>")[0]
    assert re.sub(r"\s*(<[^>]*>\s*)+", "|", body.partition(">")[2]) == (
        "|cart.py|25.0 %|total|33.3 %|ship|0.0 %|Where else it is blind: 2|fails|it fails|t.py:7 test_c|mend it"
        "|skipped|it is &lt;skipped&gt;|t.py|run it|cart.py"
        "|1|&quot;&quot;&quot;A cart.&quot;&quot;&quot;|2|3|def|total|(lines):"
        "|4|✗2|if|len(lines) &gt;|9|:|no test goes from here to line 5"
        "|✗ survived|boundary|run by 2, noticed by none:|t.py::test_a|,|t.py::test_b|if len(lines) &gt; 9:|if len(lines) &gt;|=|9:"
        f"|{WHY['boundary']}"
        "|✗ survived|off_by_one|run by 1, noticed by none:|t.py::test_a|if len(lines) &gt;|9|:|if len(lines) &gt;|10|:"
        f"|{WHY['off_by_one']}"
        "|5|✓1|return|0|✓ killed|constant|by|t.py::test_a|return|0|return|1"
        "|6|≈1|return|sum(|≈ probably equivalent|omission|no witness|return|sum(|lines|)|return lines"
        "|7|lines|8|)|9|10|def|ship|(lines):|11|&quot;&quot;&quot;Where to.|12|&quot;&quot;&quot;"
        "|13|○1 ?1|return|lines[|0|]|no test goes from here out of the function"
        f"|○ unreached|statement|return|lines[0]|return|None|{WHY['statement']}"
        "|? inconclusive|off_by_one|takes many times the steps|return lines[|0|]|return lines[|1|]|14|"
    )


def test_what_is_proven_is_folded_on_a_line_that_is_not():
    also = replace(KILLED, mutant=SURVIVED.mutant)
    quiet = replace(FILE, file="quiet.py", missed_branches=((3, -3),))
    text = page(proof_of(also, also, SURVIVED, replace(SURVIVED, tests=("a",) * 5), files=(quiet, FILE)))
    assert ">✗2 ✓2</i>" in text
    assert re.search(r"a</code>, 2 more</small>.*<summary class='m killed'>✓ 2 killed</summary><div class='m killed'>", text)
    assert re.findall(r"<details id=(f\d)( open)?><summary><h2>(.*?)<", text) == [("f0", " open", "cart.py"), ("f1", "", "quiet.py")]
    assert re.findall(r'class="l unrun" id=f1-(\d+) data-v="">(?:<summary>)?<b>\d+</b><i>([^<]*)', text) == [("3", "↛"), ("13", "")]
