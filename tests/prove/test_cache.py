import json

import pytest

from planaria.prove.cache import Cache


def test_a_verdict_is_found_again(tmp_path):
    cache = Cache(tmp_path / "new")
    cache.put("a", ["killed", "test_a", ""])
    cache.write()
    assert Cache(tmp_path / "new").get("a") == ["killed", "test_a", ""]
    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"


def test_what_was_kept_before_stays(tmp_path):
    for key in ("a", "b"):
        cache = Cache(tmp_path)
        cache.put(key, ["killed", "", ""])
        cache.write()
    assert {*Cache(tmp_path).known} == {"a", "b"}
    assert {one.name for one in tmp_path.iterdir()} == {".gitignore", "verdicts.json"}


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"format": 0, "verdicts": {"a": []}}), "\x00"])
def test_a_cache_that_cannot_be_read_is_empty(text, tmp_path):
    (tmp_path / "verdicts.json").write_text(text)
    assert Cache(tmp_path).known == {}
