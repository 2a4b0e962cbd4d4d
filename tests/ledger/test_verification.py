import json
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import planaria.ledger
from planaria.ledger.chain import Ledger
from planaria.ledger.entry import text_of
from planaria.ledger.key import Key, make_key
from planaria.ledger.verification import verify


def rules(directory, **given_):
    return [(finding.number, finding.rule) for finding in verify(directory, **given_)]


def change(ledger, name, old, new):
    path = ledger.directory / name
    text = path.read_bytes()
    assert old in text
    path.write_bytes(text.replace(old, new))


def test_every_finding_has_a_problem_and_a_cure(five):
    (five.directory / "public.pem").write_bytes(b"no key")
    (five.directory / "head.json").unlink()
    (five.directory / "000002.json").write_bytes(b"no entry")
    for finding in verify(five.directory):
        assert finding.broken
        assert finding.problem
        assert finding.cure


def test_finds_a_changed_entry(five):
    change(five, "000003.json", b'"g2"', b'"g7"')
    assert rules(five.directory) == [(3, "changed")]


def test_finds_a_changed_signature(five):
    signature = five.entries()[2].signature
    other = ("0" if signature[0] != "0" else "1") + signature[1:]
    change(five, "000003.json", signature.encode(), other.encode())
    assert rules(five.directory) == [(3, "changed")]


def test_finds_an_entry_removed_from_the_middle(five):
    (five.directory / "000003.json").unlink()
    assert rules(five.directory) == [(3, "removed")]


@pytest.mark.parametrize("kept", [4, 1, 0])
def test_finds_a_cut_end(five, kept):
    for number in range(kept + 1, 6):
        (five.directory / f"00000{number}.json").unlink()
    assert rules(five.directory) == [(kept + 1, "truncated")]


def test_finds_entries_in_another_order(five):
    second, third = five.directory / "000002.json", five.directory / "000003.json"
    texts = second.read_bytes(), third.read_bytes()
    second.write_bytes(texts[1])
    third.write_bytes(texts[0])
    assert rules(five.directory) == [(2, "reordered"), (3, "reordered")]


def test_finds_a_removed_entry_even_when_the_rest_is_renumbered_and_signed_again(five, key_path):
    key = Key.read(key_path)
    for entry in five.entries()[2:]:
        moved = replace(entry, number=entry.number - 1)
        moved = replace(moved, signature=key.sign(moved.signed_bytes()))
        (five.directory / moved.file).write_bytes(text_of(moved))
    (five.directory / "000005.json").unlink()
    assert rules(five.directory) == [(2, "chain"), (4, "chain"), (5, "truncated")]


def test_finds_another_history_by_the_same_signer(five, key_path, tmp_path):
    other = Ledger.open(tmp_path / "other", key_path, clock=five._clock)
    for number in range(5):
        other.append("promoted", {"generation": f"h{number}"})
    seen = five.head()
    (five.directory / "head.json").write_bytes((other.directory / "head.json").read_bytes())
    assert rules(five.directory) == [(0, "head")]
    assert rules(other.directory, known=seen) == [(5, "head")]


def test_finds_a_signer_that_is_not_the_ledgers(five, tmp_path):
    other = make_key(tmp_path / "other.pem")
    entry = replace(five.entries()[4], signer=other.id)
    entry = replace(entry, signature=other.sign(entry.signed_bytes()))
    (five.directory / "000005.json").write_bytes(text_of(entry))
    head = replace(five.head(), signer=other.id)
    (five.directory / "head.json").write_bytes(text_of(replace(head, signature=other.sign(head.signed_bytes()))))
    assert rules(five.directory) == [(0, "foreign key"), (5, "foreign key")]


def test_finds_a_ledger_that_was_replaced_whole_when_the_signer_is_known(five, tmp_path):
    make_key(tmp_path / "other.pem")
    forged = Ledger.open(tmp_path / "forged", tmp_path / "other.pem", clock=five._clock)
    forged.append("promoted", {})
    signer = five.entries()[0].signer
    assert rules(forged.directory) == []
    assert rules(forged.directory, signer=signer) == [(0, "foreign key")]
    assert rules(five.directory, signer=signer) == []


def test_finds_that_history_was_cut_or_rewritten_since_a_head_was_seen(five, key_path, tmp_path):
    seen = five.head()
    five.append("later", {})
    assert rules(five.directory, known=seen) == []
    short = Ledger.open(tmp_path / "short", key_path, clock=five._clock)
    short.append("promoted", {})
    assert rules(short.directory, known=seen) == [(2, "truncated")]
    for number in range(6):
        short.append("other", {"n": number})
    assert rules(short.directory, known=seen) == [(5, "head")]


def test_an_absent_ledger_holds_unless_it_was_seen(five, tmp_path):
    assert rules(tmp_path / "absent") == []
    assert rules(tmp_path / "absent", known=five.head()) == [(1, "truncated")]


def test_finds_a_missing_or_broken_head(five):
    (five.directory / "head.json").write_bytes(b"{}")
    assert rules(five.directory) == [(0, "head")]
    (five.directory / "head.json").unlink()
    assert rules(five.directory) == [(0, "head missing")]


def test_finds_a_head_that_is_more_than_one_behind(five):
    old = five.head()
    for number in range(2):
        five.append("later", {"n": number})
    (five.directory / "head.json").write_bytes(text_of(old))
    assert rules(five.directory) == [(0, "head")]


def test_finds_a_changed_head(five):
    change(five, "head.json", b'"count": 5', b'"count": 4')
    assert rules(five.directory) == [(0, "changed")]


@pytest.mark.parametrize("text", [None, b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_finds_that_there_is_no_public_key_and_still_checks_the_chain(five, text):
    path = five.directory / "public.pem"
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text)
    (five.directory / "000003.json").unlink()
    assert rules(five.directory) == [(0, "public key"), (3, "removed")]


def test_a_chain_that_was_edited_without_a_key_is_found_without_one_too(five):
    (five.directory / "public.pem").unlink()
    change(five, "000003.json", b'"g2"', b'"g7"')
    assert rules(five.directory) == [(0, "public key"), (4, "chain")]


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff\xfe", b'{"a":' * 30_000, b'{"number": NaN}'], ids=len)
def test_finds_an_entry_that_cannot_be_read(five, text):
    (five.directory / "000003.json").write_bytes(text)
    assert rules(five.directory) == [(3, "unreadable")]


def test_files_beside_the_entries_are_left_alone(five):
    for name in (".000006.json.partial", "notes.txt", "000001.json.orig", "draft.json"):
        (five.directory / name).write_bytes(b"{")
    (five.directory / "public.pem").write_bytes((five.directory / "public.pem").read_bytes().replace(b"\n", b"\r\n"))
    assert rules(five.directory) == []


# ------------------------------------------------------------------------------------------------------- any one byte


@contextmanager
def kept(path):
    before = path.read_bytes()
    try:
        yield before
    finally:
        path.write_bytes(before)


def meaning(text):
    """The meaning of a JSON file, doubled keys and the kinds of numbers included; the bytes where it has none."""
    try:
        return repr(json.loads(text.decode(), object_pairs_hook=lambda pairs: ("object", *sorted(pairs))))
    except ValueError:
        return text


NAMES = ["000001.json", "000002.json", "000003.json", "000004.json", "000005.json", "head.json"]
FAST = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@FAST
@given(name=st.sampled_from(NAMES), place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_byte_that_is_changed_is_found_where_it_changes_the_meaning(five, name, place, byte):
    with kept(five.directory / name) as before:
        place %= len(before)
        after = before[:place] + bytes([byte]) + before[place + 1 :]
        assume(meaning(after) != meaning(before))
        (five.directory / name).write_bytes(after)
        assert any(finding.broken for finding in verify(five.directory))


@FAST
@given(name=st.sampled_from(NAMES), place=st.integers(0, 10_000), more=st.binary(max_size=3), cut=st.integers(0, 40))
def test_any_piece_that_is_cut_or_put_in_is_found_where_it_changes_the_meaning(five, name, place, more, cut):
    with kept(five.directory / name) as before:
        place %= len(before)
        after = before[:place] + more + before[place + cut :]
        assume(meaning(after) != meaning(before))
        (five.directory / name).write_bytes(after)
        assert any(finding.broken for finding in verify(five.directory))


@FAST
@given(st.permutations(NAMES[:5]))
def test_any_other_order_is_found(five, order):
    texts = [(five.directory / name).read_bytes() for name in order]
    before = [(five.directory / name).read_bytes() for name in NAMES[:5]]
    assume(texts != before)
    for name, text in zip(NAMES, texts, strict=False):
        (five.directory / name).write_bytes(text)
    found = verify(five.directory)
    for name, text in zip(NAMES, before, strict=False):
        (five.directory / name).write_bytes(text)
    assert any(finding.broken for finding in found)


# --------------------------------------------------------------------------------------------------- without planaria


@pytest.fixture
def strangers_program(tmp_path):
    """The program in the docstring of the package, as a stranger would save it."""
    text = planaria.ledger.__doc__.partition("argument::\n")[2].partition("\nOne entry by hand")[0]
    path = tmp_path / "check.py"
    path.write_text(textwrap.dedent(text))
    assert "planaria" not in path.read_text()
    return path


def run(program, directory):
    return subprocess.run([sys.executable, "-I", program, directory], capture_output=True, text=True, check=False)


def test_a_stranger_verifies_it_with_the_program_of_the_docstring(five, strangers_program):
    five.append("é", {"text": 'quo"te\n\u2028', "small": 3e-05, "list": [None, True, -1]})
    told = run(strangers_program, five.directory)
    assert (told.returncode, told.stdout) == (0, "6 entries hold\n"), told.stderr


@pytest.mark.parametrize("harm", ["change", "remove", "cut"])
def test_that_program_finds_what_verify_finds(five, strangers_program, harm):
    if harm == "change":
        change(five, "000003.json", b'"g2"', b'"g7"')
    elif harm == "remove":
        (five.directory / "000003.json").unlink()
    else:
        (five.directory / "000005.json").unlink()
    assert run(strangers_program, five.directory).returncode != 0
