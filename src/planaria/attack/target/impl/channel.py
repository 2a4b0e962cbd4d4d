"""Attacks on the channel of the placement `process`: what a worker that was taken over writes to its host.

Why: the sandbox leaves a worker one way out, its channel; so whoever has the worker attacks the host there. The frames are
made by hand: nothing of the host's own code is needed for it.
Allows: whoever confuses the host has left the sandbox.
"""

import os
import struct
from collections.abc import Iterator
from typing import Any

from .means import Blocked, Facts, attack, facility

HEADER = struct.Struct("<IBBHII")
CALL, HOOK, ASK, STATE, CANCEL, RESULT, RAISED, ITEM, CREDIT, BROKEN = range(10)
NUMBERS = range(1, 200)


def channels() -> list[Any]:
    """Find every local socket among the descriptors, as an attacker does who was told nothing."""
    socket, found = facility("socket"), []
    for number in range(3, 1024):
        try:
            one = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        if one.family == socket.AF_UNIX and one.type == socket.SOCK_STREAM:
            found.append(one)
        else:
            one.close()
    return found


def frame(kind: int, payload: bytes = b"", *, number: int = 1, flags: int = 0, length: int | None = None, parent: int = 0) -> bytes:
    """Make a frame by hand, of any length that it is to claim."""
    return HEADER.pack(len(payload) if length is None else length, kind, flags, 0, number, parent) + payload


def write(pieces: Iterator[bytes] | list[bytes], *, at_most: int = 64 << 20) -> str:
    """Write to every socket until there is no more, or the other side has had enough."""
    found, sent = channels(), 0
    if not found:
        raise Blocked("there is no channel")
    for piece in pieces:
        for one in list(found):
            one.settimeout(1)
            try:
                one.sendall(piece)
            except OSError:
                found.remove(one)
        sent += len(piece)
        if not found or sent > at_most:
            break
    raise Blocked(f"{sent} bytes were written; the host says what came of it")


@attack(only="process", bare="there is no channel")
def writes_noise(_: Facts) -> str:
    """Write bytes without sense.

    Allows: confusing the host.
    """
    return write([os.urandom(4096)] * 4)


@attack(only="process", bare="there is no channel")
def writes_words_of_another_protocol(_: Facts) -> str:
    """Write a request of the web, a line, and zeros.

    Allows: confusing the host.
    """
    return write([b"GET / HTTP/1.1\r\n\r\n", b"\n", bytes(4096)])


@attack(only="process", bare="there is no channel")
def claims_a_huge_length(_: Facts) -> str:
    """Claim that four thousand million bytes follow.

    Allows: having the host reserve memory for what never comes.
    """
    return write([frame(RESULT, b"x", length=0xFFFF_FFFF), b"x" * 65_536])


@attack(only="process", bare="there is no channel", deadline_s=3)
def claims_more_than_it_writes(_: Facts) -> str:
    """Claim a length that is allowed, write less, and wait.

    Allows: holding up the host, where it waits for the rest.
    """
    channels()[0].send(frame(RESULT, b"x", length=60_000))
    facility("time").sleep(600)
    return "waited"


@attack(only="process", bare="there is no channel")
def writes_kinds_that_there_are_not(_: Facts) -> str:
    """Write frames of every kind of message that there is not.

    Allows: reaching code of the host that nobody has thought of.
    """
    return write([frame(kind, b"x") for kind in range(10, 256)])


@attack(only="process", bare="there is no channel")
def writes_flags_that_there_are_not(_: Facts) -> str:
    """Write frames with every flag set.

    Allows: reaching code of the host that nobody has thought of.
    """
    return write([frame(RESULT, b"x", flags=255)])


@attack(only="process", bare="there is no channel")
def writes_what_only_a_host_may(_: Facts) -> str:
    """Write the messages that a host sends: calls, hooks, credit.

    Allows: having the host do what it has others do.
    """
    return write([frame(kind, b"\x90", number=7) for kind in (CALL, HOOK, CREDIT, CANCEL)])


@attack(only="process", bare="there is no channel")
def answers_every_call(_: Facts) -> str:
    """Answer calls of every number, also such as were never made.

    Allows: answering in another's place.
    """
    return write([frame(RESULT, b"\xc0", number=number) for number in (*NUMBERS, 0, 0xFFFF_FFFF)])


@attack(only="process", bare="there is no channel")
def answers_the_same_call_many_times(_: Facts) -> str:
    """Answer each call a hundred times.

    Allows: having the host do twice what should be done once.
    """
    return write([frame(RESULT, b"\x95\xa1a\x01\xcb\x3f\xe0\0\0\0\0\0\0\x90\xc0", number=number) for number in NUMBERS for _ in range(100)])


@attack(only="process", bare="there is no channel")
def fails_every_call(_: Facts) -> str:
    """Report an error for calls of every number, in words that are no error.

    Allows: reaching the host's code for errors with what it does not expect.
    """
    return write([frame(RAISED, payload, number=number) for number in NUMBERS for payload in (b"", b"\xc1", b"\xc0", b"\x80", b"\x90")])


@attack(only="process", bare="there is no channel")
def writes_values_that_are_nested_deeply(_: Facts) -> str:
    """Answer with lists inside lists, sixty thousand deep.

    Allows: overflowing the stack of the host.
    """
    return write([frame(RESULT, b"\x91" * 60_000 + b"\xc0", number=number) for number in NUMBERS])


@attack(only="process", bare="there is no channel")
def writes_errors_that_are_nested_deeply(_: Facts) -> str:
    """Report errors whose facts are mappings inside mappings, ten thousand deep.

    Allows: overflowing the stack of the host.
    """
    deep = b"\x86\xa5error\xa1E\xa4text\xa1t\xa7outcome\xa6failed\xa4code\xa1c\xa6module\xa1m\xa5facts" + b"\x81\xa1a" * 10_000 + b"\xc0"
    return write([frame(RAISED, deep, number=number) for number in NUMBERS])


@attack(only="process", bare="there is no channel")
def writes_values_that_claim_to_be_long(_: Facts) -> str:
    """Answer with lists, texts and mappings that claim thousands of millions of parts.

    Allows: having the host reserve memory for what never comes.
    """
    claims = (
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
    )
    return write([frame(RESULT, claim, number=number) for number in NUMBERS for claim in claims])


@attack(only="process", bare="there is no channel")
def writes_texts_that_are_none(_: Facts) -> str:
    """Answer with texts whose bytes are no characters.

    Allows: an error in the host at a place of the attacker's choice.
    """
    texts = (b"\x85\xa4text\xa3\xff\xfe\x80", b"\xa2\xc3\x28", b"\x85\xa4text\xa3\xed\xa0\x80", b"\xc1")
    return write([frame(RESULT, text, number=number) for number in NUMBERS for text in texts])


@attack(only="process", bare="there is no channel")
def writes_numbers_that_are_none(_: Facts) -> str:
    """Answer with values in which numbers are none, infinite, negative or larger than any.

    Allows: having the caller work with what it cannot.
    """
    numbers = (
        b"\xcb\x7f\xf8\0\0\0\0\0\0",
        b"\xcb\x7f\xf0\0\0\0\0\0\0",
        b"\xcf" + b"\xff" * 8,
        b"\xd3\x80" + bytes(7),
        b"\xc7\x08\x05" + b"\xff" * 8,
    )
    return write([frame(RESULT, one, number=number) for number in NUMBERS for one in numbers])


@attack(only="process", bare="there is no channel")
def begins_many_large_messages(_: Facts) -> str:
    """Begin a large message for each of a million numbers, and end none.

    Allows: filling the memory of the host with beginnings.
    """
    block = b"x" * 65_536
    return write((frame(RESULT, block, number=number, flags=1) for number in range(1, 1_000_000)), at_most=512 << 20)


@attack(only="process", bare="there is no channel")
def writes_a_message_without_end(_: Facts) -> str:
    """Write one message that goes on and on.

    Allows: filling the memory of the host.
    """
    block = b"x" * 65_536
    return write((frame(RESULT, block, number=2, flags=1) for _ in range(1_000_000)), at_most=512 << 20)


@attack(only="process", bare="there is no channel", deadline_s=6)
def floods_the_host_with_empty_frames(_: Facts) -> str:
    """Write millions of frames that hold nothing.

    Allows: keeping the host so busy that it serves nobody else.
    """
    block = frame(CANCEL, number=9) * 4096
    return write((block for _ in range(100_000)), at_most=128 << 20)


@attack(only="process", bare="there is no channel", deadline_s=6)
def floods_the_host_with_questions(_: Facts) -> str:
    """Ask the host to call the neighbour, half a million times, without waiting for an answer.

    Allows: filling the memory of the host with work.
    """
    return write(
        b"".join(frame(ASK, b"\x91\x01", number=start + one, parent=2) for one in range(1000)) for start in range(1, 500_000, 1000)
    )


@attack(only="process", bare="there is no channel", deadline_s=6)
def floods_the_host_with_transactions(_: Facts) -> str:
    """Ask the host for transactions without end, and use none.

    Allows: keeping the store from everybody else.
    """
    return write(b"".join(frame(STATE, b"", number=start + one, parent=2) for one in range(1000)) for start in range(1, 100_000, 1000))


@attack(only="process", bare="there is no channel")
def asks_under_numbers_that_are_taken(_: Facts) -> str:
    """Ask under one number many times, and under calls that there are not.

    Allows: having the answers of one question go to another.
    """
    return write(
        [
            frame(kind, b"\x91\x01", number=5, parent=parent)
            for kind in (ASK, STATE)
            for parent in (0, 1, 2, 3, 0xFFFF_FFFF)
            for _ in range(50)
        ]
    )


@attack(only="process", bare="there is no channel")
def asks_for_cells_that_it_may_not_call(_: Facts) -> str:
    """Ask for cells and operations by every number, in frames made by hand.

    Allows: calling every cell of the system.
    """
    return write([HEADER.pack(2, ASK, 0, index, index + 10, 2) + b"\x91\x01" for index in (*range(64), 255, 256, 0x7FFF, 0xFFFF)])


@attack(only="process", bare="there is no channel")
def pours_items_into_calls(_: Facts) -> str:
    """Send items of streams to calls that are none, and without being asked for more.

    Allows: filling the memory of the host, or having the reader take what it should not.
    """
    return write([frame(ITEM, b"\x85\xa4text\xa1a", number=number) for number in NUMBERS for _ in range(200)])


@attack(only="process", bare="there is no channel")
def says_that_it_is_broken(_: Facts) -> str:
    """Report its own end, many times, in words that steer a terminal.

    Allows: showing people what was never there.
    """
    words = b"\x1b[2Jplanted\r\nforged\x00\x9b" * 100
    return write([frame(BROKEN, words, number=number) for number in (0, 1, 2, 3)] * 10)


@attack(only="process", bare="there is no channel")
def closes_the_channel(_: Facts) -> str:
    """Close the channel, and go on.

    Allows: holding a place for ever, where the host waits.
    """
    for one in channels():
        one.shutdown(facility("socket").SHUT_RDWR)
    raise Blocked("it is closed; the host says what came of it")


@attack(only="process", bare="there is no channel", deadline_s=3)
def closes_half_of_the_channel(_: Facts) -> str:
    """Read nothing more, and hold the worker.

    Allows: having the host keep what it cannot send.
    """
    for one in channels():
        one.shutdown(facility("socket").SHUT_RD)
    facility("time").sleep(600)
    return "waited"


@attack(only="process", bare="there is no channel", deadline_s=4)
async def writes_one_byte_at_a_time(_: Facts) -> str:
    """Write a message one byte at a time.

    Allows: keeping the host busy with nothing.
    """
    for one in channels():
        for byte in frame(ITEM, b"x" * 30_000, number=99):
            one.send(bytes([byte]))
    raise Blocked("it was written")


@attack(only="process", bare="there is no channel", deadline_s=4)
def steals_the_next_messages(_: Facts) -> str:
    """Read from the channel what the host sends, before the worker does.

    Allows: nothing that was not meant for this worker; the host must not wait for ever.
    """
    seen = 0
    for one in channels():
        one.settimeout(0.3)
        try:
            seen += len(one.recv(65_536))
        except OSError:
            continue
    raise Blocked(f"{seen} bytes were taken")
