"""Packing: values to msgpack and back, of the same types as the JSON codec, for processes of one machine.

Why: a call to another process costs little more than its encoding, and msgpack takes a third of JSON's time. What msgpack
would change (a moment loses its zone, a whole number its digits) travels as JSON behind a mark, so both codecs carry the same.
Not here: the JSON codec (`codec`), framing (`process.frame`).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from planaria.kernel.value import type_text, walk
from planaria.placement.codec import CodecError, MsgspecCodec, Unwritable, WrongValue
from planaria.placement.finite import unfinite_in
from planaria.placement.union import travelling

UNFINITE = re.compile(rb"\xca[\x7f\xff][\x80-\xff]|\xcb[\x7f\xff][\xf0-\xff]", re.DOTALL)  # may be one: a look at the value tells
JSON = 0xC1  # the one byte that never begins a msgpack value
Pack = Callable[[Any, bytearray, int], None]
Unpack = Callable[[Any], Any]


class WrongPack(CodecError):
    """Bytes that are not one msgpack value."""

    code = "PLN-P105"
    what = "the data is not msgpack: {problem}"
    why = "values travel between processes as one msgpack value, or JSON behind a mark"
    fix = "send a whole value"


class MsgpackCodec:
    """Encode values as msgpack and decode msgpack as values, one cached packer and unpacker per type.

    >>> codec = MsgpackCodec()
    >>> codec.decode(codec.encode((1, "a")), tuple[int, str])
    (1, 'a')
    """

    def __init__(self) -> None:
        self._json = MsgspecCodec()
        self._encode_into = msgspec.msgpack.Encoder(enc_hook=_plain).encode_into
        self._packers: dict[Any, Pack] = {}
        self._unpackers: dict[Any, Unpack] = {}

    def encode(self, value: Any) -> bytes:
        r"""Encode a value.

        Raises: `PLN-P104`.

        >>> MsgpackCodec().encode(1)
        b'\x01'
        """
        buffer = bytearray()
        self.packer(type(value))(value, buffer, 0)
        return bytes(buffer)

    def decode(self, data: bytes, type_: Any) -> Any:
        r"""Decode bytes as a value of `type_`.

        Raises: `PLN-P101`, `PLN-P102`, `PLN-P105`, and `PLN-P103` for a type that cannot travel.

        >>> MsgpackCodec().decode(b"\x92\x01\x02", tuple[int, ...])
        (1, 2)
        """
        unpack = self.unpacker(type_)
        if len(data) and data[0] != JSON and not _is_plain(type_):  # written by `encode`, which knew the value and not its declared type
            try:
                data = bytes((JSON,)) + msgspec.json.encode(msgspec.msgpack.decode(data))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError, TypeError) as error:
                raise WrongPack(problem=str(error)) from error
        return unpack(data)

    def packer(self, type_: Any) -> Pack:
        r"""Return the function that writes a value of one type into a buffer, from an offset.

        >>> buffer = bytearray(2)
        >>> MsgpackCodec().packer(int)(7, buffer, 2)
        >>> buffer
        bytearray(b'\x00\x00\x07')
        """
        found = self._packers.get(type_)
        if found is None:
            plain = self._pack_checked if float in walk(type_) else self._pack
            found = self._packers[type_] = plain if _is_plain(type_) else self._pack_json
        return found

    def unpacker(self, type_: Any) -> Unpack:
        r"""Return the function that reads what the packer of the same type wrote; keep it where speed counts.

        It never reads msgpack without a type: a few hundred kilobytes of keys of equal hash would take minutes.

        Raises: `PLN-P103`.

        >>> MsgpackCodec().unpacker(int)(b"\x07")
        7
        """
        found = self._unpackers.get(type_)
        if found is None:
            found = self._unpackers[type_] = self._unpacker(type_)
        return found

    def _pack(self, value: Any, buffer: bytearray, offset: int) -> None:
        try:
            self._encode_into(value, buffer, offset)
        except OverflowError:
            self._pack_json(value, buffer, offset)
        except (TypeError, ValueError, RecursionError) as error:
            raise Unwritable(type=type_text(type(value)), problem=str(error)) from error

    def _pack_checked(self, value: Any, buffer: bytearray, offset: int) -> None:
        self._pack(value, buffer, offset)
        if UNFINITE.search(buffer, offset) and (found := unfinite_in(value)) is not None:
            raise Unwritable(type=type_text(type(value)), problem=f"{found} is not a finite number")

    def _pack_json(self, value: Any, buffer: bytearray, offset: int) -> None:
        data = self._json.encode(value)
        del buffer[offset:]
        buffer.append(JSON)
        buffer += data

    def _unpacker(self, type_: Any) -> Unpack:
        from_json = self._json.decoder(type_)  # refuses what cannot travel
        plain = msgspec.msgpack.Decoder(type_).decode if _is_plain(type_) else None
        floats = float in walk(type_)

        def unpack(data: Any) -> Any:
            if len(data) and data[0] == JSON:
                return from_json(bytes(data[1:]))
            if plain is None:
                raise WrongPack(problem=f"{type_text(type_)} travels as JSON")
            try:
                value = plain(data)
            except msgspec.ValidationError as error:
                problem, _, path = str(error).partition(" - at ")
                raise WrongValue(problem=problem, path=path.strip("`") or "$", type=type_text(type_)) from error
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
                raise WrongPack(problem=str(error)) from error
            if floats and UNFINITE.search(data) and (found := unfinite_in(value)) is not None:
                raise WrongValue(problem=f"{found} is not a finite number", path="$", type=type_text(type_))
            return value

        return unpack


def _is_plain(type_: Any) -> bool:
    """Say whether msgpack carries every value of a type unchanged."""
    parts = set(walk(type_))
    return not parts & {datetime, tuple, dict, frozenset, Any} and travelling(type_) is type_


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    problem = f"{type_text(type(value))} is not a value"
    raise TypeError(problem)
