from planaria.attack.arsenal import armed, needed
from planaria.attack.catalogue import attacks


def test_a_theme_comes_with_what_it_needs_and_no_more():
    assert needed("reading") == ("__init__", "means", "reading")
    assert needed("descriptor") == ("__init__", "channel", "descriptor", "means")


def test_every_theme_can_be_armed(tmp_path):
    for theme in {one.theme for one in attacks()}:
        assert armed(theme, tmp_path, hidden=False).cell == "target"
        assert (tmp_path / theme / f"{theme}.py").is_file()


def test_a_hidden_generation_is_another_one_with_the_same_files(tmp_path):
    plain, hidden = armed("process", tmp_path / "a", hidden=False), armed("process", tmp_path / "b", hidden=True)
    assert plain.digest != hidden.digest
    assert armed("process", tmp_path / "b", hidden=True) == hidden
