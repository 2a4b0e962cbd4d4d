from planaria.diff.version import Version


def test_modules_are_named_as_they_are_imported():
    version = Version(label="shop", files={"shop/__init__.py": b"", "shop/a/b.py": b"", "shop/logo.png": b"", "top.py": b""})
    assert version.modules == {"shop": "shop/__init__.py", "shop.a.b": "shop/a/b.py", "top": "top.py"}


def test_what_is_no_python_is_told_and_left_out():
    version = Version(label="x", files={"good.py": b"x = 1", "bad.py": b"def", "null.py": b"\0"})
    assert list(version.trees) == ["good"]
    assert set(version.unreadable) == {"bad.py", "null.py"}


def test_symbols_have_a_module_before_them_where_there_are_several():
    one, two = (Version(label="", files=dict.fromkeys(names, b"")) for names in (["a.py"], ["a.py", "b.py"]))
    assert (one.symbol("a", "f"), two.symbol("a", "f"), two.symbol("", "f")) == ("f", "a.f", "f")


def test_a_file_is_told_where_its_user_finds_it():
    version = Version(label="old", files={"shop/a.py": b""}, origin=("shop/", "lib/old/"))
    assert (version.place("shop/a.py"), version.place("other.py")) == ("lib/old/a.py", "other.py")


def test_one_module_is_read_without_the_others():
    version = Version(label="x", files={"good.py": b"x = 1", "bad.py": b"def"})
    assert version.parsed("good") is version.trees["good"]
    assert isinstance(version.parsed("bad"), SyntaxError)
