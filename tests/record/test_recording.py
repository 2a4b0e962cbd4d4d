import pytest

from planaria.record import recordings_in
from planaria.record.recording import recording_of


@pytest.mark.parametrize(
    "line", [b"", b"no JSON", b"[1]", b'{"call": 1, "arguments": {}, "outcome": {}}', b'{"call": "a", "arguments": {}}']
)
def test_a_line_that_is_no_recording_is_passed_over(line):
    assert recording_of(line) is None


def test_gives_the_recordings_of_a_cell_in_the_order_of_its_file(tmp_path):
    line = '{"call": "%s", "arguments": {"a": 1}, "outcome": {"kind": "completed", "value": null}}\n'
    (tmp_path / "shop.jsonl").write_text(line % "first" + "damaged\n" + line % "second")
    assert [one.call for one in recordings_in(tmp_path, "shop")] == ["first", "second"]


def test_a_cell_that_was_never_called_has_no_recordings(tmp_path):
    assert recordings_in(tmp_path, "shop") == ()
