import ast

import pytest

from planaria.diff.material import Agreement, agreed, code_of, from_file, maker_of, script_of, seeds_of
from planaria.diff.reading import NothingToCompare
from planaria.diff.version import Version
from planaria.witness.script.subject import subjects_of

CODE = '''def f(n):
    """Give it.

    >>> f(4711)
    4711
    """
    assert n > 0
    return n

def g(n):
    """Give it.

    >>> g(12)
    12
    """
    return n if n != "magic" else 0

class Box:
    """A box.

    >>> Box(3).put("x")
    """

    def __init__(self, size):
        self.size = size

    def put(self, one):
        return one
'''
TEST = """from m import f, g, Box

def test_f():
    assert f(77) == 77

def test_g():
    assert g(88) == 88

class TestBox:
    def test_it_holds(self):
        box = Box(5)
        box.put(99)

    def test_f(self):
        f(66)
"""


def version(files, **more):
    files = {"m.py": files} if isinstance(files, str) else files
    return Version(label="", files={path: text.encode() for path, text in files.items()}, **more)


def subjects(one):
    return subjects_of(code_of(one, one.modules), dotted=not one.is_one_module)


def texts(scripts):
    return {line for one in scripts for line in one.lines}


def seeds(symbols, *, old=CODE, new=CODE, **more):
    one = version(old, **more)
    return texts(seeds_of(one, version(new), subjects(one), symbols))


def test_the_documents_and_tests_of_what_is_affected_are_read():
    beside = {"test_m.py": TEST.encode(), "notes.txt": b"f(1)", "test_bad.py": b"def f(:"}
    assert seeds({"f"}, beside=beside) >= {"f(4711)", "f(77)", "f(66)"}
    assert not {"g(12)", "g(88)"} & seeds({"f"}, beside=beside)
    assert any("put(99)" in one for one in seeds({"Box.put"}, beside=beside))
    assert any("Box(3)" in one for one in seeds({"Box"}))


def test_the_documents_of_both_versions_count_and_each_text_once():
    assert seeds({"g"}, new=CODE.replace("g(12)", "g(13)")) == {"g(12)", "g(13)"}
    one = version(CODE)
    assert len(seeds_of(one, one, subjects(one), {"g"})) == 1


def test_tests_inside_a_package_are_read_and_are_no_code_of_it():
    tests = "from shop.cart import total\ndef test_it():\n    assert total(5) == 5\n"
    files = {"shop/__init__.py": "", "shop/cart.py": "def total(n):\n    return n\n", "tests/test_cart.py": tests}
    one = version(files)
    assert set(code_of(one, one.modules)) == {"shop", "shop.cart"}
    assert any("total(5)" in line for line in texts(seeds_of(one, one, subjects(one), {"shop.cart.total"})))
    assert set(code_of(version({"test_m.py": CODE}), ["test_m"])) == {"test_m"}


def test_no_more_seeds_than_can_be_played_are_taken():
    many = "from m import g\ndef test_it():\n" + "".join(f"    assert g({number})\n" for number in range(1000))
    one = version(CODE, beside={f"test_{number}.py": many.replace("g(", f"g({number}").encode() for number in range(4)})
    assert len(seeds_of(one, one, subjects(one), {"g"})) <= 300


CONTRACT = '''class Boxes(Contract):
    async def put(self, one: int) -> int:
        """Put it.

        >>> await box.put(31)
        31
        """

    def gone(self): ...

class Others:
    def g(self, n: int): ...

def f(n: int):
    """
    >>> f(41)
    """
'''


def agreement(tmp_path, name=""):
    (tmp_path / "contract.py").write_text(CONTRACT)
    return Agreement.of(f"{tmp_path}/contract.py" + (f":{name}" if name else ""))


def test_a_contract_gives_examples_types_and_limits(tmp_path):
    one = version(CODE)
    maker = maker_of(subjects(one), (one,), {"g"}, seed=1)
    assert maker.free_of == set()
    scripts = agreed(agreement(tmp_path), subjects(one), maker)
    assert any("put(31)" in line for line in texts(scripts))
    assert "f(41)" in texts(scripts)
    assert {one.source for one in scripts} == {"contract contract.py"}
    assert maker.free_of == {"Box.put", "g", "f"}
    assert {*maker.agreed} == {("Box.put", "one"), ("g", "n"), ("f", "n")}


def test_one_class_of_a_contract_counts_where_it_is_named(tmp_path):
    assert [(owner, node.name) for owner, node in agreement(tmp_path, "Others").operations()] == [("Others", "g")]
    assert [node.name for _, node in agreement(tmp_path).operations()] == ["put", "gone", "g", "f"]


@pytest.mark.parametrize(
    "name, text", [("none.py", "cannot be read"), ("contract.py:None", "has no class None"), ("bad.py", "cannot be read")]
)
def test_a_contract_that_cannot_be_read_is_refused(tmp_path, name, text):
    agreement(tmp_path)
    (tmp_path / "bad.py").write_text("def f(:")
    with pytest.raises(NothingToCompare, match=text) as caught:
        Agreement.of(f"{tmp_path}/{name}")
    assert caught.value.code == "PLN-D102"


def test_a_file_of_calls_is_read_line_by_line(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text('{"call": "f", "args": [1]}\n\n{"call": "f", "kwargs": {"n": [2]}}\n')
    assert texts(from_file(path, subjects(version(CODE)))) == {"f(1)", "f(n=[2])"}
    path.write_text('{"call": "f", "args": [1]}\n{"args": [3]}\n')
    with pytest.raises(NothingToCompare, match="line 2"):
        from_file(path, subjects(version(CODE)))
    with pytest.raises(NothingToCompare, match="cannot be read"):
        from_file(tmp_path / "none", subjects(version(CODE)))


def test_a_maker_knows_the_constants_of_both_versions_and_what_asserts():
    old, new = version(CODE), version(CODE.replace("magic", "trick"))
    maker = maker_of(subjects(old), (old, new), {"f", "g"}, seed=1)
    assert maker.free_of == {"f"}
    assert {"magic", "trick"} <= set(maker.stock.constants["str"])


def test_of_several_modules_only_what_is_affected_or_private_is_asked_for_constants():
    files = {
        "shop/a.py": "def f(n):\n    return n == 'near'\ndef _h():\n    return 'hidden'",
        "shop/b.py": "def g(n):\n    return n == 'far'",
    }
    one = version(files)
    maker = maker_of(subjects(one), (one,), {"shop.a.f"}, seed=1)
    assert {"near", "hidden"} <= set(maker.stock.constants["str"])
    assert "far" not in maker.stock.constants["str"]


def test_a_program_is_a_script_of_one_step():
    (step,) = script_of("import m\nm.f(1)").steps
    assert (step.kind, step.text) == ("do", "import m\nm.f(1)")
    assert isinstance(ast.parse(step.text), ast.Module)
