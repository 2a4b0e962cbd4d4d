import json
import stat

import pytest

from planaria.gateway.error import KeysUnreadable
from planaria.gateway.keys import Keys
from tests.gateway.house import StillClock


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "deep" / "keys.json", clock=StillClock())


def test_finds_the_key_of_a_secret_and_no_other(keys):
    key, secret = keys.make("a laptop", cells=["library"])
    other, second = keys.make("a server")
    assert (keys.find(secret), keys.find(second)) == (key, other)
    assert [keys.find(one) for one in ("", "pk_", secret[3:], secret + "x", secret.upper())] == [None] * 5
    assert (key.label, key.cells, key.created, key.caller) == ("a laptop", {"library"}, "2023-11-14T22:13:20+00:00", f"gateway:{key.id}")


def test_keeps_only_hashes_in_a_file_that_only_its_owner_reads(keys):
    _, secret = keys.make("a laptop")
    assert secret not in keys.path.read_text()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert sorted(one.name for one in keys.path.parent.iterdir()) == ["keys.json", "keys.lock"]


def test_a_secret_is_32_random_bytes(tmp_path):
    asked = []

    def chance(count):
        asked.append(count)
        return bytes(range(count))

    _, secret = Keys(tmp_path / "keys.json", clock=StillClock(), chance=chance).make("x")
    assert asked == [32]
    assert (secret[:3], len(secret)) == ("pk_", 46)


def test_is_read_again_by_whoever_opens_the_file(keys):
    keys.make("one", cells=["a", "b"])
    keys.make("two")
    assert Keys(keys.path, clock=StillClock()).list() == keys.list()


def test_forgets_a_revoked_key(keys):
    key, secret = keys.make("one")
    assert keys.revoke(key.id)
    assert not keys.revoke(key.id)
    assert keys.find(secret) is None
    assert keys.list() == ()


def test_keeps_what_another_process_wrote_meanwhile(keys):
    other = Keys(keys.path, clock=StillClock())
    keys.make("one")
    other.make("two")
    assert [key.label for key in keys.list()] == ["one", "two"]


def test_are_made_in_a_folder_that_only_their_owner_enters(tmp_path):
    keys = Keys(tmp_path / ".planaria" / "keys.json", clock=StillClock())
    keys.make("one")
    assert keys.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_cannot_be_read_opens_nothing(keys):
    _, secret = keys.make("one")
    keys.path.write_text("{")
    with pytest.raises(KeysUnreadable):
        keys.refresh()
    assert keys.find(secret) is None


def test_a_file_that_vanishes_opens_nothing(keys):
    _, secret = keys.make("one")
    keys.path.unlink()
    keys.refresh()
    assert keys.find(secret) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys": [1]}', '{"keys": [{"id": "a"}]}', '{"other": []}'])
def test_a_file_that_is_no_file_of_keys_is_refused(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(KeysUnreadable):
        Keys(path, clock=StillClock())


def test_a_write_that_fails_changes_nothing(keys, monkeypatch):
    key, secret = keys.make("one")
    monkeypatch.setattr(json, "dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        keys.revoke(key.id)
    assert keys.find(secret) == key
