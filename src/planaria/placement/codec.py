"""The codec: values to JSON and back, strictly, with errors that name the place.

Why: what may cross a border must be a value everywhere, so one codec serves HTTP, the outbox, recordings and every
placement that copies. Decoders are made once per type, because making one costs a hundred times as much as using it.
Not here: which types are values (`kernel.value`); unions of records without a tag (`placement.union`); JSON schemas
(`placement.schema`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from planaria.kernel.contract import OperationDescription, Parameter
from planaria.kernel.error import PlanariaError
from planaria.kernel.value import type_text
from planaria.placement.finite import unfinite_in
from planaria.placement.union import Untravellable, from_plain, travelling

PLACE = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<path>\$.*?)`)?$", re.DOTALL)


class CodecError(PlanariaError):
    """Base of the codec's errors."""

    code = "PLN-P100"
    what = "a value could not be encoded or decoded: {problem}"
    why = "it must be a value of its declared type, and JSON must be able to hold it"
    fix = "compare it with the contract"


class WrongValue(CodecError):
    """JSON that is not the declared type."""

    code = "PLN-P101"
    what = "{problem} at {path}"
    why = "the contract declares {type}, and nothing is converted silently"
    fix = "send what the contract declares at {path}"


class WrongJson(CodecError):
    """Bytes that are not JSON."""

    code = "PLN-P102"
    what = "the data is not JSON: {problem}"
    why = "values travel as one UTF-8 JSON document"
    fix = "send valid JSON"


class Unwritable(CodecError):
    """A value that JSON cannot hold."""

    code = "PLN-P104"
    what = "a value of type {type} cannot be written: {problem}"
    why = "values travel as UTF-8 JSON"
    fix = "give a value of the type that the contract declares"


class MsgspecCodec:
    """Encode values as JSON and decode JSON as values, one cached decoder per type.

    >>> codec = MsgspecCodec()
    >>> codec.decode(codec.encode((1, "a")), tuple[int, str])
    (1, 'a')
    """

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder(enc_hook=_plain).encode
        self._decoders: dict[Any, Callable[[bytes], Any]] = {}

    def encode(self, value: Any) -> bytes:
        """Encode a value.

        Raises: `PLN-P104`.

        >>> MsgspecCodec().encode(frozenset({1}))
        b'[1]'
        """
        try:
            data = self._encode(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise Unwritable(type=type_text(type(value)), problem=str(error)) from error
        if b"null" in data and (found := unfinite_in(value)) is not None:
            raise Unwritable(type=type_text(type(value)), problem=f"{found} is not a finite number")
        return data

    def decode(self, data: bytes, type_: Any) -> Any:
        """Decode bytes as a value of `type_`.

        Raises: `PLN-P101`, `PLN-P102`, and `PLN-P103` for a type that cannot travel.

        >>> MsgspecCodec().decode(b'[1, 2]', tuple[int, ...])
        (1, 2)
        """
        return self.decoder(type_)(data)

    def decoder(self, type_: Any) -> Callable[[bytes], Any]:
        """Return the function that decodes one type; keep it where speed counts.

        Raises: `PLN-P103`.

        >>> MsgspecCodec().decoder(int)(b"7")
        7
        """
        found = self._decoders.get(type_)
        if found is None:
            found = self._decoders[type_] = _decoder(type_)
        return found

    def arguments_decoder(self, operation: OperationDescription) -> Callable[[bytes], tuple[Any, ...]]:
        """Return the function that decodes an operation's arguments from one JSON object, in the parameters' order.

        >>> from planaria.kernel.contract import Parameter
        >>> from types import SimpleNamespace
        >>> find = SimpleNamespace(name="find", parameters=(Parameter(name="limit", type=int, default=3),))
        >>> MsgspecCodec().arguments_decoder(find)(b'{}')
        (3,)
        """
        decode, astuple = self.decoder(arguments_type(operation)), msgspec.structs.astuple
        return lambda data: astuple(decode(data))


def arguments_type(operation: OperationDescription, *, cell: str = "") -> type[msgspec.Struct]:
    """Return the struct that an operation's arguments are as one JSON object, defaults included.

    Its fields are in the order of the parameters; a field that is no parameter is an error. It is named after the
    operation, and after the cell where one is given.

    >>> from planaria.kernel.contract import Parameter
    >>> from types import SimpleNamespace
    >>> find = SimpleNamespace(name="find", parameters=(Parameter(name="limit", type=int, default=3),))
    >>> arguments_type(find).__struct_fields__
    ('limit',)
    """
    name = "".join(part.title() for part in f"{cell}_{operation.name}_arguments".split("_"))
    fields = [_field(one) for one in operation.parameters]
    return msgspec.defstruct(name, fields, kw_only=True, frozen=True, forbid_unknown_fields=True)


def _field(parameter: Parameter) -> tuple[str, Any] | tuple[str, Any, Any]:
    if parameter.required:
        return (parameter.name, parameter.type)
    return (parameter.name, parameter.type, parameter.default)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    problem = f"{type_text(type(value))} is not a value"
    raise TypeError(problem)


def _decoder(type_: Any) -> Callable[[bytes], Any]:
    try:
        decode = msgspec.json.Decoder(travelling(type_), dec_hook=from_plain).decode
    except TypeError as error:
        raise Untravellable(type=type_text(type_), problem=str(error)) from error

    def decode_or_say(data: bytes) -> Any:
        try:
            return decode(data)
        except msgspec.ValidationError as error:
            raise _wrong_value(error, type_) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WrongJson(problem=str(error)) from error

    return decode_or_say


def _wrong_value(error: msgspec.ValidationError, type_: Any) -> WrongValue:
    found = PLACE.match(str(error))
    assert found is not None, "the pattern matches every text"
    return WrongValue(problem=found["problem"], path=found["path"] or "$", type=type_text(type_))
