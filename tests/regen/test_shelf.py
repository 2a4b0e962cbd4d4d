from pathlib import Path

import pytest

from planaria.regen.error import GenerationMissing
from planaria.regen.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shop")


def written(folder: Path, text: str) -> Path:
    (folder / text / "inner").mkdir(parents=True)
    (folder / text / "inner" / "a.py").write_text(text)
    (folder / text / "__pycache__").mkdir()
    (folder / text / "__pycache__" / "a.pyc").write_text(text)
    return folder / text


def test_what_is_kept_is_a_copy_without_caches_and_can_be_taken(shelf: Shelf, tmp_path: Path) -> None:
    source = written(tmp_path, "one")
    kept = shelf.keep("cart", source)
    assert shelf.keep("cart", source) == kept
    assert shelf.take("cart", kept.digest) == shelf.take("cart", kept.digest[:8]) == kept
    assert [one.name for one in kept.directory.iterdir()] == ["inner"]
    (source / "inner" / "a.py").write_text("changed")
    assert (kept.directory / "inner" / "a.py").read_text() == "one"


def test_what_is_not_there_or_not_clear_is_refused_with_what_there_is(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(GenerationMissing) as caught:
        shelf.take("cart", "9f2c")
    assert "none" in caught.value.plain()["fix"]
    kept = [shelf.keep("cart", written(tmp_path, f"{number}")) for number in range(17)]
    first = {one.digest[0] for one in kept}
    double = next(digit for digit in first if sum(one.digest[0] == digit for one in kept) > 1)
    for wrong in (double, "", "x", "../cart"):
        with pytest.raises(GenerationMissing):
            shelf.take("cart", wrong)


def test_a_generation_that_was_changed_is_refused_and_can_be_put_there_again(shelf: Shelf, tmp_path: Path) -> None:
    source = written(tmp_path, "one")
    kept = shelf.keep("cart", source)
    (kept.directory / "inner" / "a.py").write_text("changed")
    with pytest.raises(GenerationMissing) as caught:
        shelf.take("cart", kept.digest)
    assert caught.value.facts["text"] == "its files were changed"
    shelf.keep("cart", source)
    assert shelf.take("cart", kept.digest) == kept
