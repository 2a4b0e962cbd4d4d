import os

import pytest

from planaria.store.error import StoreInUse
from planaria.store.lock import Lock


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path):
    lock = Lock.take(tmp_path / "folder" / "store.sqlite")
    with pytest.raises(StoreInUse) as caught:
        Lock.take(tmp_path / "folder" / "store.sqlite")
    assert caught.value.facts["pid"] == str(os.getpid())
    lock.release()
    lock.release()
    Lock.take(tmp_path / "folder" / "store.sqlite").release()


def test_the_lock_of_a_process_that_is_gone_is_free(tmp_path):
    path = tmp_path / "store.sqlite.lock"
    path.write_text("999999999\n")
    Lock.take(tmp_path / "store.sqlite").release()
    assert path.read_text() == f"{os.getpid()}\n"
