"""Attacks on the host of the placement `wasm`: what a guest that was taken over returns from a turn, and asks in it.

Why: a guest's only way out is the text of a turn and the few imports; whoever has the guest attacks the host there.
Allows: whoever confuses the host has left the sandbox.
"""

import json
from collections.abc import Callable
from typing import Any

from .means import Blocked, Facts, attack, facility

ROOM = "planaria.placement.wasm.guest.state"


def turn() -> Any:
    """Find the conversation with the host, as an attacker does who knows planaria's source."""
    return facility(ROOM)._rooms[0]  # noqa: SLF001 - that is the attack


def answer(text: str | Callable[[], str]) -> str:
    """Have this turn, and every later one, return a text of its own."""
    made = (lambda: text) if isinstance(text, str) else text
    turn()._outbox = made  # noqa: SLF001 - that is the attack
    raise Blocked("this turn returns what it should not; the host says what came of it")


def message(kind: str, number: object, text: str, cuts: str = "-") -> str:
    """Make one message by hand."""
    return f"- {kind} {number} {len(text)} {cuts}\n{text}"


def host(kind: str, text: str) -> str:
    """Ask the host directly, in the middle of a turn."""
    return str(turn().host(kind, text))


@attack(only="wasm")
def returns_nothing_from_a_turn(_: Facts) -> str:
    """Return an empty text from a turn.

    Allows: confusing the host.
    """
    return answer("")


@attack(only="wasm")
def returns_noise_from_a_turn(_: Facts) -> str:
    """Return a text without sense from a turn.

    Allows: confusing the host.
    """
    return answer("".join(chr(33 + number * 7 % 90) for number in range(5000)))


@attack(only="wasm")
def returns_a_huge_text_from_a_turn(facts: Facts) -> str:
    """Return as much as fits into the guest's memory.

    Allows: filling the memory of the host.
    """
    text = "x" * (int(facts["memory_mb"]) << 18)
    return answer(lambda: text)


@attack(only="wasm")
def returns_a_huge_message(facts: Facts) -> str:
    """Return a well-formed answer whose text is as large as fits into the guest's memory.

    Allows: filling the memory of the host.
    """
    return answer(message("r", 2, json.dumps("x" * (int(facts["memory_mb"]) << 18))))


@attack(only="wasm")
def claims_lengths_that_are_wrong(_: Facts) -> str:
    """Return heads that claim more, less, negative and huge lengths.

    Allows: having the host read where nothing is.
    """
    return answer("- r 1 999999999999 - r 2 -5 - r 3 1e9 - r 4 0x10 -\nabc")


@attack(only="wasm")
def claims_cuts_that_are_wrong(_: Facts) -> str:
    """Return cuts that are more than the text, negative, and without end.

    Allows: having the host read where nothing is.
    """
    return answer(f"- r 1 3 {','.join(['-1', '99999999999', 'x'] * 5000)}\nabc")


@attack(only="wasm")
def returns_kinds_that_there_are_not(_: Facts) -> str:
    """Return messages of every kind that there is not.

    Allows: reaching code of the host that nobody has thought of.
    """
    kinds = [chr(number) for number in range(33, 127)]
    return answer("- " + " ".join(f"{kind} 1 0 -" for kind in kinds) + "\n")


@attack(only="wasm")
def returns_very_many_messages(_: Facts) -> str:
    """Return a million messages in one turn.

    Allows: keeping the host so busy that it serves nobody else.
    """
    return answer("- " + "l 0 1 - " * 1_000_000 + "\n" + "x" * 1_000_000)


@attack(only="wasm")
def asks_very_many_questions(_: Facts) -> str:
    """Ask for a hundred thousand calls in one turn.

    Allows: filling the memory of the host with work.
    """
    question = "2 call neighbour answer\n[1]"
    count = 100_000
    heads = " ".join(f"q {number} {len(question)} -" for number in range(1, count + 1))
    return answer(f"- {heads}\n{question * count}")


@attack(only="wasm")
def asks_for_cells_that_it_does_not_have(_: Facts) -> str:
    """Ask for cells, operations and kinds of questions that it was not given.

    Allows: calling every cell of the system.
    """
    texts = [
        "2 call vault answer\n[1]", "2 call neighbour on_stop\n[]", "2 call neighbour __class__\n[]", "2 open neighbour answer\n[1]",
        "2 call\n", "\n",
        "2 exec import os\n", "0 call neighbour answer\n[1]", "999 call neighbour answer\n[1]", "2 connect 127.0.0.1 22\n",
        "2 read 99\n", "2 write -1\n",
    ]  # fmt: skip
    heads = " ".join(f"q {number} {len(text)} -" for number, text in enumerate(texts, 1))
    return answer(f"- {heads}\n{''.join(texts)}")


@attack(only="wasm")
def answers_calls_that_nobody_made(_: Facts) -> str:
    """Answer calls of every number, also such as were never made.

    Allows: answering in another's place.
    """
    numbers = [*range(200), -1, 10**30, "x"]
    return answer("- " + " ".join(f"{kind} {number} 4 -" for number in numbers for kind in "rezky") + "\n" + "null" * (5 * len(numbers)))


@attack(only="wasm")
def answers_in_json_that_is_nested_deeply(_: Facts) -> str:
    """Answer with lists inside lists, a hundred thousand deep.

    Allows: overflowing the stack of the host.
    """
    text = "[" * 100_000 + "]" * 100_000
    heads = " ".join(f"r {number} {len(text)} -" for number in range(1, 6))
    return answer(f"- {heads}\n{text * 5}")


@attack(only="wasm")
def answers_in_json_that_is_none(_: Facts) -> str:
    """Answer with texts that are almost JSON, and with numbers that are none.

    Allows: having the caller work with what it cannot.
    """
    texts = [
        "NaN",
        "Infinity",
        '{"text":1e999}',
        '{"text":"\\ud800"}',
        "{",
        '{"text":"a","text":1}',
        "1" * 100_000,
        '{"count":1.5}',
        "\x00",
        '{"count":1e400}',
    ]
    heads = " ".join(f"r {number} {len(text)} -" for number, text in enumerate(texts, 1))
    return answer(f"- {heads}\n{''.join(texts)}")


@attack(only="wasm")
def fails_calls_with_hostile_errors(_: Facts) -> str:
    """Report errors whose names, texts and facts are hostile, nested, and of the host's own family.

    Allows: speaking to people in the host's name.
    """
    facts: Any = {"text": "\x1b[2J", "__class__": 1, "long": "x" * 100_000}
    for _round in range(200):
        facts = {"deep": facts}
    texts = [
        json.dumps({"error": "Refused\x1b[2J", "text": "\r\nforged", "code": "PLN-C200", "facts": facts, "origin": "1"}),
        json.dumps({"error": "SystemExit", "text": "x" * 1_000_000}), json.dumps([1, 2]), "null", "{}",
        json.dumps({"error": "KeyboardInterrupt", "text": 1, "cancelled": True}),
    ]  # fmt: skip
    heads = " ".join(f"e {number} {len(text)} -" for number, text in enumerate(texts, 1))
    return answer(f"- {heads}\n{''.join(texts)}")


@attack(only="wasm")
def sets_timers_that_are_wrong(_: Facts) -> str:
    """Ask to be woken at once, for ever, in the past and at no time.

    Allows: keeping the host busy with nothing.
    """
    times = iter(["0.000000", "-1e308", "nan", "inf", "0", "x" * 1000] * 1000)
    return answer(lambda: f"{next(times, '0')}\n")


@attack(only="wasm")
def complains_in_controls_of_a_terminal(_: Facts) -> str:
    """Write lines to the log that move the cursor and forge other lines.

    Allows: showing people what was never there.
    """
    return answer(message("l", 0, "\x1b[2J\x1b]0;planted\x07\r\nforged\u202e\x00\x9b31m" * 100))


@attack(only="wasm")
def pours_items_that_nobody_asked_for(_: Facts) -> str:
    """Send items of streams to calls that are none, and without being asked for more.

    Allows: filling the memory of the host, or having the reader take what it should not.
    """
    text = '{"text":"a","count":1,"share":0.5,"lines":[],"inside":null}'
    heads = " ".join(f"y {number % 50} {len(text)} -" for number in range(20_000))
    return answer(f"- {heads}\n{text * 20_000}")


@attack(only="wasm")
def asks_the_host_directly_for_what_is_not(_: Facts) -> str:
    """Call the host in the middle of a turn, for statements outside of any transaction, and for kinds that there are not.

    Allows: reading and writing the store past the rules of a transaction.
    """
    texts = []
    for kind, text in (
        ("execute", '["select word from neighbour__secret",[]]'), ("execute", "[]"), ("execute", "null"), ("emit", '["Secret",{}]'),
        ("system", "ls"), ("", ""), ("execute", '["select 1",' + "[" * 50_000 + "]" * 50_000 + "]"),
        ("execute", '["select 1",[{"b":"!"}]]'),
        ("random", "1000000000000"), ("clock", "x"), ("random", "-1"),
    ):  # fmt: skip
        given = host(kind, text)
        if "PLANARIA-" + "SECRET" in given:
            return given
        texts.append(given[:30])
    raise Blocked("; ".join(texts))


@attack(only="wasm")
def calls_the_host_with_what_is_no_text(_: Facts) -> str:
    """Give the host's functions half a character, and a text as large as fits.

    Allows: having the host read what is not there.
    """
    for text in ("\ud800", "x" * (8 << 20), "\x00" * 1000):
        try:
            host("execute", text)
        except Exception as error:  # noqa: BLE001 - each is tried
            kept = type(error).__name__
        else:
            kept = "answered"
    raise Blocked(kept)


@attack(only="wasm")
def turns_inside_a_turn(_: Facts) -> str:
    """Have the guest's own turn called again from inside a turn.

    Allows: confusing what the guest's and the host's sides believe is running.
    """
    own = turn()
    for _round in range(3):
        own("t 0 0.0 - -\n")
    raise Blocked("three turns were taken inside one")


@attack(only="wasm")
def recurses_until_the_stack_ends(_: Facts) -> str:
    """Recurse in native code of the guest until its stack ends.

    Allows: writing over the guest's own memory; and nothing of the host, where the stack is guarded.
    """
    nested: list[Any] = []
    for _round in range(500_000):
        nested = [nested]
    return f"{len(repr(nested))} characters"


@attack(only="wasm")
def imports_what_the_guest_does_not_have(_: Facts) -> str:
    """Import the modules of the system interface that WebAssembly programs may have.

    Allows: files, clocks and sockets of the host, where they are linked.
    """
    failures = []
    for name in (
        "wit_world",
        "componentize_py_runtime",
        "wasi",
        "_socket",
        "posix",
        "_ctypes",
        "_posixsubprocess",
        "mmap",
        "fcntl",
        "select",
    ):
        try:
            module = facility(name)
        except Exception as error:  # noqa: BLE001 - each is tried
            failures.append(f"{name}: {type(error).__name__}")
            continue
        failures.append(f"{name}: {len(dir(module))} names")
    raise Blocked("; ".join(failures))
