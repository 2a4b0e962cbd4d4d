"""Entries and heads: what stands in the files of a ledger, and the bytes that are signed.

Why: one readable file per decision gives diffs that people can review, and two branches that both append conflict
visibly in git instead of merging into a history that never was.
Not here: writing them (`chain`), checking them (`verification`).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from planaria.ledger.canonical import canonical, readable, strict

FIRST_PREVIOUS = "0" * 64
FILE_NAME = re.compile(r"(?!0{6}\.)(?:\d{6}|[1-9]\d{6,})\.json")
_HASH = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_SIGNER = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded decision. `at` is UTC as in RFC 3339; `previous` is the hash of the entry before.

    >>> entry = Entry(number=1, kind="promoted", at="2026-11-23T12:00:00.000Z", cell="cart", facts={}, previous=FIRST_PREVIOUS)
    >>> entry.signed_bytes()[:42]
    b'{"at":"2026-11-23T12:00:00.000Z","cell":"c'
    """

    number: int
    kind: str
    at: str
    cell: str
    facts: Mapping[str, Any]
    previous: str
    signer: str = ""
    signature: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the entry as it stands in its file."""
        return asdict(self)

    def signed_bytes(self) -> bytes:
        """Return the canonical JSON of all fields but `signature`."""
        return _signed_bytes(self.plain())

    @property
    def hash(self) -> str:
        """Return the SHA-256 of the signed bytes as hexadecimal digits."""
        return hashlib.sha256(self.signed_bytes()).hexdigest()

    @property
    def file(self) -> str:
        """Return the name of its file."""
        return file_of(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A checkpoint: how many entries there are, the hash of the last, and the Merkle root of all."""

    count: int
    entry: str
    root: str
    signer: str = ""
    signature: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the head as it stands in its file."""
        return asdict(self)

    def signed_bytes(self) -> bytes:
        """Return the canonical JSON of all fields but `signature`."""
        return _signed_bytes(self.plain())


def file_of(number: int) -> str:
    """Return the name of the file of an entry.

    >>> file_of(7)
    '000007.json'
    """
    return f"{number:06}.json"


def text_of(one: Entry | Head) -> bytes:
    """Return the readable text of a file.

    >>> text_of(Head(count=0, entry="", root="")).decode().splitlines()[1]
    '  "count": 0,'
    """
    return readable(one.plain()).encode("utf-8")


def entry_from(text: bytes) -> Entry:
    """Read an entry from the text of its file.

    Raises:
        ValueError: It is not JSON, or has not exactly the fields of an entry.

    >>> entry_from(b"{}")
    Traceback (most recent call last):
        ...
    ValueError: the fields are not those of an entry: at, cell, facts, kind, number, previous, signature, signer
    """
    value = strict(text)
    if not isinstance(value, dict) or set(value) != set(Entry.__dataclass_fields__):
        raise ValueError(f"the fields are not those of an entry: {', '.join(sorted(Entry.__dataclass_fields__))}")
    texts = all(type(value[name]) is str for name in ("kind", "at", "cell"))
    if not texts or type(value["facts"]) is not dict or not _is_count(value["number"]):
        raise ValueError("a field is not of its kind")
    _check_form(value, {"previous": _HASH, "signer": _SIGNER, "signature": _SIGNATURE})
    return Entry(**value)


def head_from(text: bytes) -> Head:
    """Read a head from the text of its file.

    Raises:
        ValueError: It is not JSON, or has not exactly the fields of a head.

    >>> head_from(b"[]")
    Traceback (most recent call last):
        ...
    ValueError: the fields are not those of a head: count, entry, root, signature, signer
    """
    value = strict(text)
    if not isinstance(value, dict) or set(value) != set(Head.__dataclass_fields__):
        raise ValueError(f"the fields are not those of a head: {', '.join(sorted(Head.__dataclass_fields__))}")
    if not _is_count(value["count"]):
        raise ValueError("the count is no number of entries")
    _check_form(value, {"entry": _HASH, "root": _HASH, "signer": _SIGNER, "signature": _SIGNATURE})
    return Head(**value)


def _signed_bytes(plain: dict[str, Any]) -> bytes:
    del plain["signature"]
    return canonical(plain)


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _check_form(value: dict[str, Any], forms: dict[str, re.Pattern[str]]) -> None:
    for name, form in forms.items():
        if type(value[name]) is not str or not form.fullmatch(value[name]):
            raise ValueError(f"'{name}' has not its form")
