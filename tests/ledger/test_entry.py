import json

import pytest

from planaria.ledger.entry import FILE_NAME, Entry, entry_from, file_of, head_from, text_of


def test_a_file_reads_back_and_is_readable(five):
    text = (five.directory / "000001.json").read_bytes()
    entry = entry_from(text)
    assert text_of(entry) == text
    assert text.decode().splitlines()[:3] == ["{", '  "at": "1970-01-01T12:00:00.250Z",', '  "cell": "cart",']
    assert list(json.loads(text)) == sorted(Entry.__dataclass_fields__)


CHANGES = [
    {"number": 0},
    {"number": 1.0},
    {"number": True},
    {"number": "1"},
    {"kind": None},
    {"at": 5},
    {"cell": []},
    {"facts": []},
    {"previous": "0" * 63},
    {"previous": "A" * 64},
    {"previous": 0},
    {"signer": ""},
    {"signature": "00"},
    {"more": 1},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_refuses_an_entry_without_its_form(five, change):
    value = json.loads((five.directory / "000001.json").read_bytes())
    with pytest.raises(ValueError):
        entry_from(json.dumps(value | change).encode())
    value.pop(next(iter(change)), value.pop("kind"))
    with pytest.raises(ValueError):
        entry_from(json.dumps(value).encode())


@pytest.mark.parametrize("change", [{"count": 0}, {"count": "5"}, {"entry": ""}, {"root": 1}, {"x": 1}], ids=str)
def test_refuses_a_head_without_its_form(five, change):
    value = json.loads((five.directory / "head.json").read_bytes())
    with pytest.raises(ValueError):
        head_from(json.dumps(value | change).encode())


def test_files_sort_and_have_one_name_each():
    assert [file_of(number) for number in (1, 999_999, 1_000_000)] == ["000001.json", "999999.json", "1000000.json"]
    for name in ("000000.json", "1.json", "0000001.json", "000001.json.partial", "head.json", "00001a.json"):
        assert not FILE_NAME.fullmatch(name)
    assert FILE_NAME.fullmatch("000001.json")
    assert FILE_NAME.fullmatch("1000000.json")
