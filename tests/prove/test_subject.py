import pytest

from planaria.prove.subject import NothingToProve, subject_at


def lay(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    return root


def told(root, subject):
    return [str(one).replace(f"{root.resolve()}/", "") for one in subject.arguments]


def test_a_project_is_its_packages_without_tests_and_tools(tmp_path):
    lay(
        tmp_path,
        "pyproject.toml",
        "setup.py",
        "shop/__init__.py",
        "shop/cart.py",
        "shop/tests/test_cart.py",
        "shop/test_cart.py",
        "docs/conf.py",
    )
    lay(tmp_path, "tests/test_shop.py", "tests/conftest.py", "scripts/run.py")
    subject = subject_at(tmp_path)
    assert subject.files == ("shop/__init__.py", "shop/cart.py")
    assert told(tmp_path, subject) == ["tests"]


def test_a_project_with_src_is_imported_from_there(tmp_path):
    lay(tmp_path, "pyproject.toml", "src/shop/__init__.py", "test/test_shop.py")
    subject = subject_at(tmp_path)
    assert subject.files == ("src/shop/__init__.py",)
    assert [one.replace(str(tmp_path.resolve()), "") for one in subject.path] == ["/src", ""]


def test_a_package_with_its_tests_inside_is_found(tmp_path):
    lay(tmp_path, "setup.cfg", "shop/__init__.py", "shop/cart.py", "shop/tests/test_cart.py")
    assert told(tmp_path, subject_at(tmp_path / "shop")) == ["shop/tests"]


def test_a_module_is_proven_by_the_tests_beside_it(tmp_path):
    lay(tmp_path, "cart.py", "test_cart.py", "other.py")
    subject = subject_at(tmp_path / "cart.py")
    assert (subject.files, told(tmp_path, subject)) == (("cart.py",), ["test_cart.py"])


def test_settings_that_name_tests_are_followed(tmp_path):
    lay(tmp_path, "cart.py", "checks/test_cart.py")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = checks\n")
    assert subject_at(tmp_path / "cart.py").arguments == ()


def test_a_cell_is_its_implementation(tmp_path):
    lay(tmp_path, "system.py", "cells/cart/contract.py", "cells/cart/impl/__init__.py", "cells/cart/tests/test_cart.py")
    subject = subject_at(tmp_path / "cells" / "cart")
    assert (subject.cell, subject.files, subject.root) == ("cart", ("cells/cart/impl/__init__.py",), tmp_path.resolve())
    assert told(tmp_path, subject)[-1] == "cells/cart/tests"


@pytest.mark.parametrize("path, tests, text", [
    ("nowhere", (), "does not exist"), ("empty", (), "no Python file but tests"), ("cart.py", (), "no tests were found"),
    ("cart.py", ("test_nowhere.py",), "there are no tests at"), ("lonely", (), "has a system.py"),
])  # fmt: skip
def test_what_cannot_be_proven_is_refused_with_the_reason(path, tests, text, tmp_path):
    lay(tmp_path, "cart.py", "empty/test_a.py", "lonely/contract.py", "lonely/impl/__init__.py")
    with pytest.raises(NothingToProve) as raised:
        subject_at(tmp_path / path, [tmp_path / one for one in tests])
    assert text in str(raised.value)


def test_tests_of_the_path_itself_go_before_those_of_the_project(tmp_path):
    lay(tmp_path, "shop/stock.py", "shop/test_stock.py", "shop/inner/__init__.py", "tests/test_all.py")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntestpaths = ['tests']\n")
    assert told(tmp_path, subject_at(tmp_path / "shop")) == ["shop/test_stock.py"]
    assert told(tmp_path, subject_at(tmp_path / "shop" / "stock.py")) == ["shop/test_stock.py"]
    assert subject_at(tmp_path / "shop" / "inner").arguments == ()
