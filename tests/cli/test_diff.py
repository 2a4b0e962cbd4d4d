import asyncio
import io
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from planaria.assemble import Places
from planaria.assemble.regenerate import place_at
from planaria.cli import diff
from planaria.cli.diff.bar import Bar
from planaria.cli.diff.excerpt import Code, marked
from planaria.cli.diff.page import page
from planaria.cli.diff.screen import tell
from planaria.cli.terminal import Terminal
from planaria.diff.comparison import Comparison, Question, declared_effects
from planaria.diff.finding import Finding, NotExercised
from planaria.diff.intent import Expectation
from planaria.diff.reading import NothingToCompare
from planaria.diff.version import Version
from planaria.kernel.loader import generation_at
from planaria.regen.promotion import promote
from tests.assemble.proposal import good

SCHEMA = json.loads((Path(__file__).parents[1] / "diff" / "report.schema.json").read_text())
OLD = b'''class Cart:
    """What is to be bought."""

    def add(self, sku, note=None):
        return [sku, note]

def total(lines):
    amount = 0
    for line in lines:
        amount += line
    return amount

def legacy():
    return 1
'''
NEW = (
    OLD.replace(b", note=None", b"").replace(b"[sku, note]", b"[sku]").replace(b"+= line", b"+= round(line, 2)").partition(b"def legacy")[0]
)
SAME = OLD.replace(b"        amount", b"        # the sum\n        amount")
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\u202e'\""


@pytest.fixture
def carts(tmp_path):
    for name, content in {"old": OLD, "new": NEW, "same": SAME}.items():
        (tmp_path / f"{name}.py").write_bytes(content)
    return tmp_path


def report_of(findings, *, expected=(), left=(), search=None, old=OLD, new=NEW):
    sides = [
        Version(label=f"{name}.py", files={"cart.py": text}, origin=("cart.py", f"{name}.py"))
        for name, text in (("old", old), ("new", new))
    ]
    comparison = Comparison(old=sides[0], new=sides[1], question=Question(expected=expected, today="2030-01-01"))
    return comparison.concluded(findings, left=left, search=search), sides


def witnessed(calls, old, new, **facts):
    outcomes = {name: {"kind": "failed" if "Error" in text else "completed", "text": text} for name, text in (("old", old), ("new", new))}
    known = {"kind": "behaviour", "level": "breaking", "symbol": "total", "file": "cart.py", "line": 7, "what": "it gives another value"}
    return Finding(**{**known, "cure": "do not round", "witness": {"calls": calls, **outcomes}, **facts})


FOUND = [
    Finding(kind="interface", level="breaking", symbol="Cart.add", file="cart.py", line=4, what="parameter 'note' is gone", cure="keep it"),
    witnessed(["total([0.125])"], "0.125", "0.12"),
    witnessed([f"x{number} = 1" for number in range(9)], f"{'a' * 400}b", f"{'a' * 400}ValueError: c", level="warning"),
    Finding(kind="structure", level="info", symbol="total", file="cart.py", line=7, what="its body changed", cure=""),
    Finding(kind="interface", level="breaking", symbol="legacy", file="cart.py", line=13, what="function 'legacy' is gone", cure="keep it"),
]
SEARCH = {"inputs": 1234, "calls": 2345, "seconds": 1.5, "cpu_s": 1.4, "seed": 1, "branches": {"old": [3, 4], "new": [4, 4]}}


def test_exit_status_is_that_of_diff(carts, planaria):
    assert planaria("diff", "old.py", "same.py", "--only", "interface", cwd=carts).code == 0
    assert planaria("diff", "old.py", "new.py", "--only", "interface", cwd=carts).code == 1
    ended = planaria("diff", "old.py", "nowhere.py", cwd=carts)
    assert (ended.code, ended.err.partition(":")[0]) == (2, "PLN-D101")


def test_what_changed_only_in_looks_is_told_at_once(carts, planaria):
    ended = planaria("diff", "old.py", "same.py", cwd=carts)
    assert ended.out.startswith("nothing changed in meaning: ")
    assert "nothing was run" in ended.out


def test_json_is_one_line_of_the_documented_form(carts, planaria):
    for new in ("new.py", "same.py"):
        ended = planaria("diff", "old.py", new, "--only", "interface,structure", "--json", cwd=carts)
        assert ended.out.count("\n") == 1
        plain = json.loads(ended.out)
        jsonschema.validate(plain, SCHEMA)
    told = json.loads(planaria("diff", "old.py", "new.py", "--only", "interface", "--json", cwd=carts).out)
    assert {(one["symbol"], one["level"], one["file"]) for one in told["findings"]} >= {
        ("Cart.add", "breaking", "new.py"),
        ("legacy", "breaking", "old.py"),
    }
    assert {one["kind"] for one in told["findings"]} == {"interface"}


def test_two_revisions_are_compared(carts, planaria):
    for command in (["init", "-b", "trunk"], ["add", "old.py"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "one"]):
        subprocess.run(["git", *command], cwd=carts, check=True, capture_output=True)
    (carts / "old.py").write_bytes(NEW)
    assert planaria("diff", "HEAD:old.py", "old.py", "--only", "interface", cwd=carts).code == 1
    assert planaria("diff", "HEAD:old.py", "trunk:old.py", "--only", "interface", cwd=carts).code == 0
    assert planaria("diff", "HEAD:old.py", "old.py", "--only", "interface", "--root", str(carts), cwd=carts.parent).code == 1


def test_declared_differences_are_marked_and_are_no_reason_to_complain(carts, planaria):
    (carts / "intent.toml").write_text('[[expect]]\nsymbol = "*"\nwhat = "is gone"\nuntil = 2999-01-01\n[[expect]]\nsymbol = "never"\n')
    ended = planaria("diff", "old.py", "new.py", "--only", "interface", "--intent", "intent.toml", cwd=carts)
    assert (ended.code, ended.out.count("intended  "), "matched nothing: symbol 'never'" in ended.out) == (0, 2, True)
    (carts / "intent.toml").write_text('[[expect]]\nsymbol = "legacy"\nuntil = 2001-01-01\n')
    ended = planaria("diff", "old.py", "new.py", "--only", "interface", "--intent", "intent.toml", cwd=carts)
    assert (ended.code, "is out of date" in ended.out) == (1, True)


@pytest.mark.parametrize(
    "options, code, cure",
    [(["--only", "looks"], "PLN-U101", "interface, schema"), (["--budget-s", "0"], "PLN-U101", "above 0"),
     (["--budget-s", "x"], "PLN-U101", "--help"), (["--intent", "none.toml"], "PLN-U101", "path"),
     (["--examples", "none"], "PLN-U101", "path"), (["--intent", "old.py"], "PLN-D103", "[[expect]]"),
     (["--intent", "prose.md"], "PLN-D103", "[[expect]]"), (["--contract", "none.py:A", "--only", "effects"], "PLN-D102", ".py file")],
)  # fmt: skip
def test_trouble_is_two_with_code_and_cure(carts, planaria, options, code, cure):
    (carts / "prose.md").write_text("Round up.\n\n```pycon\n>>> 1\n1\n```\n")
    ended = planaria("diff", "old.py", "new.py", *options, cwd=carts)
    assert (ended.code, ended.out, ended.err.partition(":")[0], cure in ended.err.partition("fix:")[2]) == (2, "", code, True)


def test_what_nobody_foresaw_is_trouble_too(carts, planaria, monkeypatch):
    def broken(given, bar):
        raise OSError(13, "Permission denied", "old.py") if given.seed == 2 else RecursionError("too deep")

    monkeypatch.setattr(diff, "_compared", broken)
    ended = planaria("diff", "old.py", "new.py", cwd=carts)
    assert (ended.code, ended.err.partition("\n")[0]) == (2, "PLN-D104: the comparison failed: RecursionError: too deep")
    assert "Permission denied: old.py" in planaria("diff", "old.py", "new.py", "--seed", "2", cwd=carts).err


def test_a_file_that_is_no_python_is_trouble_as_the_old_and_a_finding_as_the_new(carts, planaria):
    (carts / "broken.py").write_text("def")
    assert planaria("diff", "broken.py", "old.py", "--only", "interface", cwd=carts).code == 2
    ended = planaria("diff", "old.py", "broken.py", "--only", "interface", cwd=carts)
    assert (ended.code, "breaking" in ended.out) == (1, True)


def test_the_page_is_written_whole_or_not_at_all(carts, planaria, monkeypatch):
    ended = planaria("diff", "old.py", "new.py", "--only", "interface", "--html", "page.html", cwd=carts)
    assert (ended.code, ended.out.splitlines()[-1]) == (1, "written to page.html")
    before = (carts / "page.html").read_text()
    assert "parameter &#x27;note&#x27; is gone" in before
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError(28, "No space left")))
    assert planaria("diff", "old.py", "same.py", "--html", "page.html", cwd=carts).code == 2
    assert (carts / "page.html").read_text() == before
    assert not list(carts.glob(".*partial"))


def test_the_terminal_form_is_as_it_was_reviewed(golden):
    left = [NotExercised(symbol=f"one{number}", why="it needs a socket") for number in range(5)]
    report, _ = report_of(FOUND, expected=(Expectation(symbol="legacy"), Expectation(symbol="never")), left=left, search=SEARCH)
    out = io.StringIO()
    tell(report, Terminal(out, io.StringIO(), as_json=False))
    golden("cli/diff.txt", re.sub(r"[\d.]+ s in all", "... s in all", out.getvalue()))


def test_colours_are_for_a_terminal_that_wants_them(monkeypatch):
    class Screen(io.StringIO):
        def isatty(self):
            return True

    report, _ = report_of(
        [*FOUND, *(Finding(kind="interface", level="info", symbol=f"s{at}", what="w" * 200, cure="") for at in range(60))]
    )
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    texts = []
    for no_colour in ("", "1"):
        monkeypatch.setenv("NO_COLOR", no_colour)
        screen = Screen()
        tell(report, Terminal(screen, io.StringIO(), as_json=False))
        texts.append(screen.getvalue())
    assert "\x1b[31mbreaking\x1b[0m" in texts[0]
    assert "\x1b" not in texts[1]
    assert texts[1].count("\n") < 70
    assert re.search(r"\.\.\. and \d+ more: --json", texts[1])
    assert max(map(len, texts[1].split("\nlooked")[0].splitlines())) <= 80


def test_code_cannot_draw_on_the_terminal_of_its_reader():
    report, _ = report_of(
        [witnessed([HOSTILE], HOSTILE, "1", symbol=HOSTILE, what=HOSTILE)], left=[NotExercised(symbol=HOSTILE, why=HOSTILE)]
    )
    out = io.StringIO()
    tell(report, Terminal(out, io.StringIO(), as_json=False))
    assert all(one.isprintable() or one == "\n" for one in out.getvalue())


def test_the_page_holds_nothing_foreign_that_lives():
    hostile = HOSTILE.encode("unicode_escape").decode()
    code = f"def total(lines):\n    return '''{hostile}'''\n".encode()
    finding = witnessed([HOSTILE], HOSTILE, "1", symbol="total", what=HOSTILE, cure=HOSTILE)
    odd = witnessed(["f()"], "1", HOSTILE, symbol=HOSTILE, file=HOSTILE)
    report, sides = report_of(
        [finding, odd], expected=(Expectation(symbol=HOSTILE + "x"),), left=[NotExercised(symbol=HOSTILE, why=HOSTILE)], new=code
    )
    text = page(report, *sides)
    assert text.count("<script") == text.count("</script") == 1
    assert "<img" not in text
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?!#s\d)[^\"'>]*(?:https?:|//)", text)
    assert not re.search(r"url\(|@import|\bon[a-z]+=\"|style=", text)
    assert "default-src 'none'" in text
    assert len(re.findall(r"'sha256-[\w+/]+='", text)) == 2
    assert "\x1b" not in text


def test_the_page_shows_symbols_witnesses_and_the_code_of_both():
    report, sides = report_of(
        FOUND, expected=(Expectation(symbol="legacy"),), search=SEARCH, left=[NotExercised(symbol="ship", why="a socket")]
    )
    text = page(report, *sides)
    assert re.findall(r'<h2>(.*?)</h2><span class="badge (\w+)', text) == [
        ("Cart.<wbr>add", "breaking"), ("total", "breaking"), ("legacy", "intended"),
    ]  # fmt: skip
    assert "0.<mark>125</mark>" in text
    assert "0.<mark>12</mark>" in text
    assert 'data-copy="&gt;&gt;&gt; total([0.125])\n0.125\n"' in text
    assert "<mark><i" not in text.partition("Cart.<wbr>add")[0]
    assert 'amount += <mark>round(</mark>line<mark>, <i class="n">2</i>)</mark>' in text
    assert "not there" in text
    assert "ship: a socket" in text
    assert "1,234 inputs in 1.5 s, seed 1; branches reached: 3 of 4 in the old, 4 of 4 in the new" in text


@pytest.mark.parametrize(
    "meaning, said", [("unchanged", "Nothing changed in meaning"), ("no difference found", "does not say that they are equal")]
)
def test_no_difference_found_never_reads_as_equal(meaning, said):
    report, sides = report_of([])
    report.summary["meaning"] = meaning
    assert said in page(report, *sides)


def test_what_differs_is_marked_by_the_word():
    assert marked("[1, 20, 3]", "[1, 25, 3]") == "[1, <mark>20</mark>, 3]"
    assert marked("<a>", "") == "<mark>&lt;a&gt;</mark>"
    assert marked("x", "x") == "x"


def test_the_code_of_a_symbol_is_found_wherever_it_stands():
    files = {
        "shop/__init__.py": b"from shop.cart import Cart\n",
        "shop/cart.py": b"try:\n    import x\nexcept ImportError:\n    def f(): return 1\n"
        b"@decorated\nclass Cart:\n    LIMIT: int = 3\n    def add(self): ...\n",
    }
    code = Code(Version(label="", files=files), Version(label="", files=files))
    place = Finding(kind="interface", level="info", symbol="shop.Cart.add", what="", cure="", file="shop/cart.py", line=8)
    by_line = Finding(kind="interface", level="info", symbol="elsewhere", what="", cure="", file="shop/cart.py", line=8)
    found = {
        "shop.cart.f": [], "shop.cart.Cart": [], "shop.cart.Cart.LIMIT": [], "shop.Cart.add": [place], "elsewhere": [by_line],
        "nowhere": [],
    }  # fmt: skip
    firsts = [one.first if (one := code.of(symbol, given)[0]) else None for symbol, given in found.items()]
    assert firsts == [4, 5, 7, 8, 8, None]


def test_the_bar_is_drawn_on_a_terminal_alone():
    class Screen(io.StringIO):
        def isatty(self):
            return True

    screen, file = Screen(), io.StringIO()
    for stream in (screen, file):
        with Bar(Terminal(io.StringIO(), stream, as_json=False)) as bar:
            bar.tell("[searching]", 0.5)
    assert "[searching]" in screen.getvalue()
    assert file.getvalue() == ""


def test_a_contract_declares_effects(tmp_path):
    (tmp_path / "contract.py").write_text(
        "class A:\n    @operation(effects=(Clock(), effect.Connects('a:1')))\n    def f(self): ...\nclass B: x = Chance()\n"
    )
    assert declared_effects(str(tmp_path / "contract.py")) == {"clock", "connects", "chance"}
    assert declared_effects(f"{tmp_path / 'contract.py'}:A") == {"clock", "connects"}
    with pytest.raises(NothingToCompare):
        declared_effects(f"{tmp_path / 'contract.py'}:C")


def proposed(shop, tmp_path, old, new):
    candidate = tmp_path / "candidate"
    candidate.mkdir(exist_ok=True)
    text = good(shop)
    assert old in text
    (candidate / "__init__.py").write_text(text.replace(old, new))
    asyncio.run(promote(place_at(Places.of(shop), lambda step: None), generation_at("stock", candidate), {}))


def test_two_generations_of_a_cell_are_run_in_their_system(shop, planaria, tmp_path):
    assert planaria("diff", "stock@1", "stock@current").code == 0
    proposed(shop, tmp_path, "def count(tx, sku):", "def count(tx, sku):\n    if sku.startswith('z'):\n        return 7")
    ended = planaria("diff", "stock@1", "stock@2", "--only", "interface,behaviour", "--budget-s", "4", "--json")
    told = json.loads(ended.out)
    jsonschema.validate(told, SCHEMA)
    assert ended.code == 1
    shown = [one for one in told["findings"] if one["kind"] == "behaviour"]
    assert shown[0]["symbol"].startswith("stock.")
    assert shown[0]["file"] == "stock@2/__init__.py"
    assert "await stock." in shown[0]["witness"]["calls"][-1]
    assert told["summary"]["search"]["inputs"] > 0
    digest = generation_at("stock", Places.of(shop).impl("stock")).digest
    assert planaria("diff", "stock@2", f"stock@{digest[:9]}").code == 0


def test_examples_of_an_intent_show_what_is_meant_to_change_in_a_cell(shop, planaria, tmp_path):
    proposed(shop, tmp_path, "return row[0] if row else 0", "return row[0] + 1 if row else 1")
    (shop / "more.md").write_text(
        "More.\n\n```pycon\n>>> await stock.left('z')\n1\n```\n\n```pycon\n>>> await stock.receive('z', 2)\n3\n```\n"
    )
    (shop / "calls.jsonl").write_text('{"call": "stock.receive", "args": ["y"], "kwargs": {"quantity": 3}}\ncut off')
    command = ("diff", "stock@1", "stock@2", "--only", "behaviour", "--budget-s", "3", "--intent", "more.md")
    ended = planaria(*command, "--examples", "calls.jsonl", "--json")
    assert ended.code == 0
    assert {(one["symbol"], one["intended"]) for one in json.loads(ended.out)["findings"]} == {
        ("stock.left", True),
        ("stock.receive", True),
    }
    (shop / "calls.jsonl").write_text('{"call": "count"}')
    ended = planaria(*command, "--examples", "calls.jsonl")
    assert (ended.code, "no operation 'count', but receive, left" in ended.err) == (2, True)
    assert planaria("diff", "stock@1", "stock@2", "--only", "structure").code in (0, 1)


@pytest.mark.parametrize(
    "old, new, code",
    [("stock@9", "stock@1", "PLN-R105"), ("stock@1", "cart@1", "PLN-D101"), ("stok@1", "stok@1", "PLN-R107"),
     ("stock@1", "system.py", "PLN-U101")],
)  # fmt: skip
def test_a_generation_that_is_not_there_is_trouble(shop, planaria, old, new, code):
    ended = planaria("diff", old, new)
    assert (ended.code, ended.err.partition(":")[0]) == (2, code)
