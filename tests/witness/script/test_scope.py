import ast

import pytest

from planaria.witness.script.form import Code, Made
from planaria.witness.script.scope import Path, Scope, UnresolvedError, Variable, scope_of
from planaria.witness.script.subject import subjects_of

SHOP = """
def price(x): ...
class Cart:
    def add(self, x): ...
"""


def scope(*, many: bool = True) -> Scope:
    trees = {"shop.cart": ast.parse(SHOP), "shop.other": ast.parse("def f(): ...")} if many else {"m": ast.parse(SHOP)}
    found = scope_of(subjects_of(trees))
    text = (
        "import shop\nimport shop.cart as c\nfrom shop import Cart as Basket\n"
        "from .cart import price\nimport math, os.path\nfrom x import *"
    )
    found.learn_imports(ast.parse(text))
    found.names |= {"data": [1, 2], "cart": Variable(name="cart", owner="shop.cart.Cart"), "self.size": 3, "none": None}
    return found


def read(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    "text, form",
    [
        ("data", [1, 2]),
        ("none", None),
        ("[data, 3]", [[1, 2], 3]),
        ("(1, none)", (1, None)),
        ("{1: data}", {1: [1, 2]}),
        ("Basket(1, x=data)", Made("shop.cart.Cart", (1,), (("x", [1, 2]),))),
        ("c.price(2)", Made("shop.cart.price", (2,))),
        ("lambda y: price(y)", Code("lambda y: shop.cart.price(y)")),
        ("[*data]", Code("[*[1, 2]]")),
        ("f(*data)", Code("shop.other.f(*[1, 2])")),
        ("self.size + 1", Code("3 + 1")),
        ("cart.total", Code("cart.total")),
        ("math.pi", Code("math.pi")),
        ("sorted(data)", Made("sorted", ([1, 2],))),
        ("[y for y in data]", Code("[y for y in [1, 2]]")),
        ("(lambda: 1)()", Code("(lambda: 1)()")),
        ("{**{1: data}}", Code("{**{1: [1, 2]}}")),
    ],
)
def test_an_expression_is_written_with_what_its_names_stand_for(text, form):
    assert scope().form(read(text)) == form


@pytest.mark.parametrize("text", ["unknown", "unknown.x + 1", "open('x')", "[unknown]", "{(): data, data: 1}", "{data}", "self.other"])
def test_an_expression_that_a_script_cannot_say_is_refused(text):
    with pytest.raises(UnresolvedError):
        scope().form(read(text))


def test_a_name_of_the_only_module_may_be_one_that_cannot_be_called():
    assert scope(many=False).text(read("LIMIT + 1")) == "LIMIT + 1"
    assert scope(many=False).own("pkg.gone") == Path("gone")


@pytest.mark.parametrize(
    "text, symbol",
    [
        ("Basket", "shop.cart.Cart"),
        ("Basket.add", "shop.cart.Cart.add"),
        ("shop.cart.price", "shop.cart.price"),
        ("f", "shop.other.f"),
        ("math.pi", ""),
        ("cart", ""),
        ("1 + 1", ""),
        ("data.append", ""),
        ("shop.gone", ""),
        ("f().x", ""),
    ],
)
def test_a_symbol_is_found_however_it_is_named(text, symbol):
    assert scope().symbol_of(read(text)) == symbol


def test_installed_modules_that_are_needed_are_remembered_by_the_module():
    found = scope().begin()
    found.learn_imports(ast.parse("from collections.abc import Sized\nfrom far.away.place import thing\nimport far"))
    assert found.text(read("Sized(thing, math.pi, far)")) == "collections.abc.Sized(far.away.place.thing, math.pi, far)"
    assert found.used == {"collections.abc", "far.away.place", "math", "far"}


def test_what_a_statement_binds_itself_stays_as_it_is():
    code = "def g(price):\n    try:\n        z = price\n    except ValueError as error:\n        raise error\n    return f(z)"
    assert scope().text(ast.parse(code).body[0]) == code.replace("f(z)", "shop.other.f(z)")
