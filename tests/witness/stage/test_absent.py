import pytest

from planaria.witness.stage.absent import Absent


@pytest.fixture
def module():
    finder = Absent({"nowhere"})
    made = finder.create_module(finder.find_spec("nowhere.inner"))
    finder.exec_module(made)
    return made


def test_names_of_an_absent_package_can_be_named_and_derived_from(module):
    assert module.Table[int] is not None
    assert module.linear.Layer | None
    assert type("Net", (module.linear.Layer,), {}).__mro__[1].__name__ == "Layer"


@pytest.mark.parametrize("use", [lambda one: one.f(1), lambda one: one.deep.er.f(), lambda one: type("Net", (one.Layer,), {})()])
def test_what_is_absent_fails_where_it_is_called(module, use):
    with pytest.raises(ModuleNotFoundError, match="'nowhere'") as caught:
        use(module)
    assert caught.value.name == "nowhere"


@pytest.mark.parametrize("of", ["module", "name"])
def test_no_magic_name_is_feigned(module, of):
    with pytest.raises(AttributeError):
        _ = (module if of == "module" else module.Table).__no_such__
