"""Messages between host and guest: written for the guest, and read strictly from it.

Why: what a guest answers is one text that hostile code may have written, so nothing in it is believed: counts, lengths and
kinds are checked before a piece of it is used.
Not here: what the texts hold (`seat`); the guest's side (`guest.turn`).
"""

from typing import NamedTuple

from planaria.kernel.error import PlanariaError

MESSAGES_MAX = 4096
HEAD_CHARACTERS_MAX = 262_144
DIGITS_MAX = 15
LONG = 1024
FULL = 4096
QUOTES_MAX = 512
BACKSLASH = 0x5C
MARK = "\x01"
KINDS = frozenset("rekyzqwdl")


class Nonsense(PlanariaError):
    """A guest broke the protocol."""

    code = "PLN-P704"
    what = "the guest's answer makes no sense: {text}"
    why = "it is written by the guest's runtime, so the cell's code has changed what runs there"
    fix = "look at the cell as at an attacker"


class Message(NamedTuple):
    """One message from a guest: its kind, whom it concerns, its text, and the long texts beside it."""

    kind: str
    number: str
    text: str
    segments: tuple[str, ...]


def nonsense(text: str) -> Nonsense:
    """Make the error; texts of a guest are shown escaped and short.

    >>> nonsense("kind '" + "x" * 999 + "'").facts["text"][-5:]
    'xxxx…'
    """
    plain = text.encode("unicode_escape").decode()
    return Nonsense(text=plain if len(plain) <= 200 else f"{plain[:200]}…")  # noqa: PLR2004 - what fits on two lines


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise nonsense(f"{what} is '{text[:50]}'")
    return int(text)


def _timer(text: str) -> float | None:
    if text == "-":
        return None
    whole, dot, part = text.partition(".")
    if not dot:
        raise nonsense(f"the timer is '{text[:50]}'")
    return _number(whole, "the timer") + float(f"0.{_number(part, 'the timer'):0{len(part)}d}")


def read(answer: str) -> tuple[float | None, list[Message]]:
    r"""Read what a guest answered: in how many seconds it needs a turn, and its messages.

    Raises:
        Nonsense: PLN-P704.

    >>> read("- r 7 4 -\nnull")
    (None, [Message(kind='r', number='7', text='null', segments=())])
    """
    head, line_end, body = answer.partition("\n")
    words = head.split(" ")
    if len(words) == 5 and words[0] == words[4] == "-" and words[1] in KINDS and words[3] == str(len(body)):  # noqa: PLR2004 - one message
        _number(words[2], "a message's number")
        return None, [Message(words[1], words[2], body, ())]
    count, rest = divmod(len(words) - 1, 4)
    if not line_end or rest or count > MESSAGES_MAX or len(head) > HEAD_CHARACTERS_MAX:
        raise nonsense(f"{count} messages announced by '{head[:100]}'")
    found, place = [], 0
    for first in range(1, len(words), 4):
        kind, number, length, cuts = words[first : first + 4]
        if kind not in KINDS:
            raise nonsense(f"a message of kind '{kind[:50]}'")
        _number(number, "a message's number")
        end = place + _number(length, "a length")
        text, place = body[place:end], end
        segments = []
        for cut in () if cuts == "-" else cuts.split(","):
            end = place + _number(cut, "a length")
            segments.append(body[place:end])
            place = end
        found.append(Message(kind, number, text, tuple(segments)))
    if place != len(body):
        raise nonsense(f"{place} characters announced, {len(body)} came")
    return _timer(words[0]), found


def whole(message: Message) -> bytes:
    """Return a message's JSON with its long texts back in their places."""
    import msgspec

    if not message.segments:
        return message.text.encode()
    parts = message.text.split(MARK)
    if len(parts) != len(message.segments) + 1:
        raise nonsense(f"{len(parts) - 1} marks for {len(message.segments)} long texts")
    pieces = [parts[0].encode()]
    for part, segment in zip(parts[1:], message.segments, strict=True):
        pieces += [msgspec.json.encode(segment), part.encode()]
    return b"".join(pieces)


def parted(data: bytes) -> tuple[str, str]:
    r"""Take the long texts out of JSON: `NaN` stands for each, and they follow it; return the text and their lengths.

    >>> parted(b'[1]')
    ('[1]', '-')
    >>> text, lengths = parted(b'["' + b"a" * 5000 + b'"]')
    >>> text[:6], lengths
    ('[NaN]a', '5000')
    """
    if len(data) < FULL:
        return data.decode(), "-"
    pieces, segments, begin, place = [], [], 0, data.find(b'"')
    for _ in range(QUOTES_MAX):
        if place < 0:
            break
        end = _closing(data, place + 1)
        if end - place > LONG and data[end + 1 : end + 2] != b":":
            pieces.append(data[begin:place])
            segments.append(_plain(data[place : end + 1]))
            begin = end + 1
        place = data.find(b'"', end + 1)
    if not segments:
        return data.decode(), "-"
    pieces.append(data[begin:])
    return b"NaN".join(pieces).decode() + "".join(segments), ",".join(str(len(one)) for one in segments)


def _closing(data: bytes, place: int) -> int:
    while True:
        end = data.find(b'"', place)
        before = end - 1
        while data[before] == BACKSLASH:
            before -= 1
        if (end - before) % 2:
            return end
        place = end + 1


def _plain(literal: bytes) -> str:
    if BACKSLASH not in literal:
        return literal[1:-1].decode()
    import msgspec

    return msgspec.json.decode(literal, type=str)
