import pytest

from planaria.witness.stage.loading import Loading
from tests.witness.stage.playing import call, outcome, outcomes, script, see

COUNTER = "count = 0\nseen = []\ndef add():\n    global count\n    count += 1\n    return count\n"


def test_a_fresh_script_begins_with_the_version_as_it_is_imported(actor):
    one = actor(COUNTER)
    got = outcomes(one, script(call("add"), call("add")), script(call("add")), script(call("add"), fresh=True))
    assert [each[-1]["value"] for each in got] == [2, 3, 1]
    assert one.spent.starts == 1


def test_a_fresh_script_has_all_modules_anew_and_each_once(actor):
    files = {
        "shop/__init__.py": "", "shop/inner.py": COUNTER + "class Item: pass\n", "shop/hidden.py": COUNTER,
        "shop/cart.py": "from shop.inner import Item\nfrom shop import hidden\ndef made(): return Item()\ndef add(): return hidden.add()\n",
    }  # fmt: skip
    one = actor(files=files, modules=("shop", "shop.cart", "shop.inner"), dotted=True)
    got = outcomes(one, *[script(call("shop.cart.add"), see("type(shop.cart.made()) is shop.inner.Item"), fresh=True)] * 2)
    assert [[each["value"] for each in steps] for steps in got] == [[1, True]] * 2


@pytest.mark.parametrize("name", ["statistics", "bisect", "json", "planaria"])
def test_a_module_is_the_versions_own_also_where_the_stage_has_one_of_its_name(actor, name):
    one = actor(files={f"{name}.py": "class Own:\n    def __init__(self): self.x = 1\ndef f(): return Own()\n"}, modules=(name,))
    assert outcome(one, call("f")) == {"k": "completed", "value": {"$": "struct Own", "of": {"x": 1}}}


@pytest.mark.parametrize(
    "text, told",
    [
        ("import nowhere_at_all.deep as deep\nclass Net(deep.Module): pass\ndef f(): return 1", ""),
        (
            "from nowhere_at_all import thing\n@thing\ndef g(): pass\ndef f(): return 1",
            "ModuleNotFoundError: No module named 'nowhere_at_all'",
        ),
        ("import case.missing", "ModuleNotFoundError: No module named 'case.missing'; 'case' is not a package"),
        ("raise ValueError('no')", "ValueError: no"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("input()", "EOFError: EOF when reading a line"),
        ("class E(Exception):\n    def __str__(self): raise SystemExit\nraise E", "E: "),
        ("def f(:", "SyntaxError: invalid syntax (case.py, line 1)"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why_and_leaves_the_others(actor, text, told):
    one = actor(files={"case.py": text, "other.py": "def f(): return 1"}, modules=("case", "other"), dotted=True)
    assert outcome(one, call("other.f"))["value"] == 1
    assert one.failed == ({"case": told} if told else {})


def test_an_absent_package_is_named_and_fails_where_it_is_used(actor):
    one = actor("import nowhere_at_all\ndef f(): return nowhere_at_all.f()\ndef g(): return 2")
    failed, done = outcomes(one, script(call("f")), script(call("g")))
    assert failed[0]["error"] == "ModuleNotFoundError"
    assert done[0]["value"] == 2
    assert one.sum_up()["absent"] == ["nowhere_at_all"]


def test_a_package_and_its_names_are_reached_by_a_dotted_path(actor):
    files = {"shop/__init__.py": "from shop.cart import cart\n", "shop/cart.py": "def cart(): return 1\ndef add(): return 2\n"}
    one = actor(files=files, modules=("shop", "shop.cart"), dotted=True)
    got = outcomes(one, script(call("shop.cart.add")), script(call("shop.nothing")))
    assert got[0][0]["value"] == 2
    assert got[1][0]["error"] == "AttributeError"


def test_only_the_folder_is_found_in_by_it(tmp_path):
    loading = Loading(f"{tmp_path}/", ["case"])
    with pytest.raises(ImportError):
        loading._found("/elsewhere")
    (tmp_path / "case.py").write_text("x = 1")
    assert loading._found(str(tmp_path)).find_spec("case").loader.get_code("case").co_consts[0] == 1
    assert loading.roots == {"case"}
