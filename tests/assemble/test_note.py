import pytest

from planaria.assemble.note import RunNote, read_note

NOTE = RunNote(host="127.0.0.1", port=80, pid=1, key="pk_x", started=0.5)


def test_is_read_as_it_was_written_by_its_owner_alone(tmp_path):
    path = tmp_path / "inside" / "run.json"
    NOTE.write(path)
    assert read_note(path) == NOTE
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["run.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"host": 1}', "no JSON"])
def test_a_damaged_note_is_none(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert read_note(tmp_path / "run.json") is None


def test_the_note_of_another_is_left_alone(tmp_path):
    path = tmp_path / "run.json"
    NOTE.write(path)
    RunNote(host="127.0.0.1", port=81, pid=2, key="pk_y", started=1.5).remove(path)
    assert read_note(path) == NOTE
    NOTE.remove(path)
    NOTE.remove(path)
    assert not path.exists()
