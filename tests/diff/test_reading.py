import subprocess
from pathlib import Path

import pytest

from planaria.diff import reading
from planaria.diff.reading import NoSuchSide, NothingToCompare, versions


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__init__", "%").replace("__", "/").replace("%", "__init__")
        path = path.with_suffix(".py") if not path.suffix else path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-b", "trunk")
    write(tmp_path, lib__shop____init__="from shop.cart import add", lib__shop__cart="def add(): return 1", tool="x = 1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    write(tmp_path, lib__shop__cart="def add(): return 2", lib__shop__scratch="ignored = 1")
    (tmp_path / ".gitignore").write_text("scratch.py\n")
    return tmp_path


def test_two_files_of_different_names_are_one_module(tmp_path):
    write(tmp_path, was="x = 1", **{"now-2.py": "x = 2"})
    old, new = versions("was.py", "now-2.py", folder=tmp_path)
    assert (dict(old.files), dict(new.files)) == ({"was.py": b"x = 1"}, {"was.py": b"x = 2"})
    assert (old.place("was.py"), new.place("was.py")) == ("was.py", "now-2.py")


@pytest.mark.parametrize("name, module", [("my-tool.py", "my_tool"), ("3.py", "_3"), ("class.py", "class_"), ("json.py", "json_")])
def test_a_module_can_be_imported_whatever_its_file_is_called(tmp_path, name, module):
    (tmp_path / name).write_text("")
    assert list(versions(name, name, folder=tmp_path)[0].modules) == [module]


def test_packages_of_different_names_get_that_of_the_old_or_the_one_that_they_use_themselves(tmp_path):
    write(tmp_path, v1____init__="", v1__a="", v2____init__="", v2__a="")
    assert [list(one.files) for one in versions("v1", "v2/", folder=tmp_path)] == [["v1/__init__.py", "v1/a.py"]] * 2
    write(tmp_path, v2____init__="import os.path\nfrom shop.a import x")
    old, new = versions("v1", "v2", folder=tmp_path)
    assert list(old.modules) == list(new.modules) == ["shop", "shop.a"]
    assert new.place("shop/a.py") == "v2/a.py"


def test_a_folder_of_packages_is_where_imports_begin_and_so_is_its_src(tmp_path):
    write(tmp_path, flat__a____init__="", flat__b="", laid__src__a____init__="", laid__tests__test_a="import a", **{"laid__setup.cfg": ""})
    assert list(versions("flat", "flat", folder=tmp_path)[0].modules) == ["a", "b"]
    laid = versions("laid", "laid", folder=tmp_path)[0]
    assert (list(laid.modules), list(laid.beside), laid.place("a/__init__.py")) == (
        ["a"],
        ["laid/tests/test_a.py"],
        "laid/src/a/__init__.py",
    )
    assert "setup.cfg" in laid.files


def test_caches_environments_and_hidden_files_are_no_part_of_it(tmp_path):
    write(tmp_path, p____init__="", p__env__lib="", **{"p__env__pyvenv.cfg": "", "p__.x.py": ""})
    for name in ("p/__pycache__/a.pyc", "p/.git/x.py", "p/data.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert list(versions("p", "p", folder=tmp_path)[0].files) == ["p/__init__.py", "p/data.json"]


def test_what_an_installer_notes_is_left_out_but_for_what_is_needed(tmp_path):
    write(tmp_path, a____init__="", **{"a-1.2.dist-info__METADATA": "", "a-1.2.dist-info__RECORD": ""})
    (tmp_path / "a-1.2.dist-info" / "METADATA.py").rename(tmp_path / "a-1.2.dist-info" / "METADATA")
    assert set(versions(".", ".", folder=tmp_path)[0].files) == {"a.info/METADATA", "a/__init__.py"}


def test_tests_near_the_code_are_read_where_they_speak_of_it(tmp_path):
    write(tmp_path, cart="", test_cart="import cart", tests__test_cart="import cart", tests__test_other="", shop____init__="")
    assert set(versions("cart.py", "cart.py", folder=tmp_path)[0].beside) == {"test_cart.py", "tests/test_cart.py"}
    write(tmp_path, tests__test_shop="import shop")
    assert set(versions("shop", "shop", folder=tmp_path)[0].beside) == {"tests/test_shop.py"}


def test_a_revision_is_read_without_checking_it_out(repository):
    old, new = versions("HEAD:lib/shop", "lib/shop", folder=repository)
    assert [one.files["shop/cart.py"][-1:] for one in (old, new)] == [b"1", b"2"]
    assert list(new.files) == list(old.files), "what git ignores is no difference to a revision"
    assert old.place("shop/cart.py") == "lib/shop/cart.py"
    whole = versions("trunk:", "HEAD:", folder=repository)[0]
    assert list(whole.modules) == ["lib.shop", "lib.shop.cart", "tool"]
    here = versions("HEAD:./cart.py", "HEAD:lib/shop/cart.py", folder=repository / "lib" / "shop")
    assert here[0].files == here[1].files == {"cart.py": b"def add(): return 1"}


def test_a_file_whose_name_has_a_colon_is_a_file(tmp_path):
    (tmp_path / "a:b").write_text("x = 1")
    assert versions("a:b", "a:b", folder=tmp_path)[0].files == {"a_b.py": b"x = 1"}


@pytest.mark.parametrize(
    "side, text, cure",
    [("nowhere.py", "does not exist", "tool.py"), ("v9:tool.py", "no revision 'v9'", "trunk"), ("--help:x", "no revision", "HEAD"),
     ("HEAD:lib/tool.py", "no 'lib/tool.py'", "shop")],
)  # fmt: skip
def test_what_is_not_there_is_answered_with_what_is(repository, side, text, cure):
    with pytest.raises(NoSuchSide) as raised:
        versions(side, "tool.py", folder=repository)
    plain = raised.value.plain()
    assert (plain["code"], text in plain["what"], cure in plain["fix"]) == ("PLN-D101", True, True)


def test_without_a_repository_or_git_it_says_so(tmp_path, monkeypatch):
    with pytest.raises(NoSuchSide, match="in no git repository"):
        versions("HEAD:a.py", "HEAD:b.py", folder=tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoSuchSide, match="git does not run"):
        versions("HEAD:a.py", "HEAD:b.py", folder=tmp_path)


def test_what_cannot_be_compared_is_refused(tmp_path, monkeypatch):
    write(tmp_path, code="x = 1", **{"schema.json": "{}", "notes__a.txt": ""})
    for old, new, text in (("code.py", "schema.json", "is JSON"), ("notes", "code.py", "no Python")):
        with pytest.raises(NothingToCompare, match=text):
            versions(old, new, folder=tmp_path)
    assert [list(one.files) for one in versions("schema.json", "schema.json", folder=tmp_path)] == [["schema.json"]] * 2
    monkeypatch.setattr(reading, "BYTES_MAX", 3)
    with pytest.raises(NothingToCompare, match="more than 3 bytes"):
        versions(".", ".", folder=tmp_path)


def test_the_folder_that_is_here_has_a_name_too(tmp_path):
    write(tmp_path, shop____init__="")
    assert list(versions(".", str(Path(tmp_path, "shop")), folder=tmp_path / "shop")[0].modules) == ["shop"]
