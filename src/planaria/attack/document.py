"""SECURITY.md, derived from the attacks and from what is known of them.

Why: what a sandbox holds, and what it does not, must be the same text for who writes it, who runs it, and who trusts it.
To write it anew: `python -m planaria.attack.document > SECURITY.md`.
Not here: running the attacks (`suite`).
"""

import sys
from collections import Counter
from collections.abc import Iterator

from planaria.attack.catalogue import SOURCES, Attack, attacks, attacks_for
from planaria.attack.finding import KNOWN, Known
from planaria.attack.suite import PLACEMENTS

HEAD = """# Security

<!-- Derived by `python -m planaria.attack.document > SECURITY.md`; a test keeps it current. Do not edit it. -->

planaria runs cells that you need not trust in the placements `process` and `wasm`. This page says what they are attacked with,
what gets through, and how to try it on your own machine.

## What is promised

A cell placed as `process` or `wasm` can do what its contract declares and `system.py` grants: call the cells it is given, keep its own
tables, reach the hosts and files named, use so much memory, processor time and scratch space. Whatever it does, the host goes on: its
other cells answer, its memory stays bounded, and a caller gets a value of the promised type or an error.

What a machine cannot enforce is refused when the cell starts, with the reason and the cure. `planaria doctor` says what yours can.

## What is not promised

- **`inprocess` is no boundary.** A cell in the host's own process has every right of it. The tripwire there notices what an honest cell
  touches beyond its contract; a hostile one switches it off. `planaria doctor` lists what passes it. Place what you do not trust elsewhere.
- The kernel is trusted by `process`, and wasmtime by `wasm`: a hole in one of them is a hole here. Keep them current.
- What a cell may do by right it may do badly: wrong answers, deleted rows of its own, bytes sent to the host it may reach.
- A cell that may connect may also draw random numbers, since TLS cannot do without.

## How to run the attacks yourself

    planaria doctor --attack process
    planaria doctor --attack wasm --json

Each attack runs inside a real cell, behind the real host, in a new worker or instance. Around it are victims: secret files, listeners,
a process that tells which signals reach it, a secret in the host's memory and environment, another cell's table. An attack counts as
through when it says so, when a victim noticed it, when a secret came back, when the caller was given what was not promised, or when
the host was slow, grew, or kept another cell waiting. It takes about a minute, and harms nothing where it succeeds.

To run them as an ordinary user, with and without user namespaces, from a checkout as root:

    python tests/attack/ordinary.py .venv/bin/planaria doctor --attack process
    python tests/attack/ordinary.py --without-namespaces .venv/bin/planaria doctor --attack process
"""
TAIL = """
## Telling us of a hole

Write an attack: one function in `src/planaria/attack/target/impl/`, with what it does and what it allows in its docstring. If it gets
through, tell the maintainers before you publish it, and give them time to close the hole.
"""


def security() -> str:
    """Return the whole page.

    >>> security().startswith("# Security")
    True
    """
    return "\n".join([HEAD.rstrip(), "", *_through(), *_tried()]) + TAIL


def _through() -> Iterator[str]:
    known = {one.name: one for one in attacks()}
    yield "## What gets through"
    yield ""
    for placement in PLACEMENTS:
        found = [one for one in KNOWN if one.placement == placement]
        always = [one for one in found if not one.only_without_namespaces]
        count = sum(not one.sane for one in attacks_for(placement))
        yield f"### `{placement}`: {len(always)} of {count} attacks"
        yield ""
        if not found:
            yield "None is known to."
            yield ""
        yield from (line for one in always for line in _finding(one, known[one.attack]))
        rest = [one for one in found if one.only_without_namespaces]
        if rest:
            yield f"Where planaria has neither root's `CAP_SYS_ADMIN` nor user namespaces, as in most containers, {len(rest)} more:"
            yield ""
            yield from (line for one in rest for line in _finding(one, known[one.attack]))


def _finding(one: Known, attack: Attack) -> Iterator[str]:
    yield f"- **{attack.name.replace('_', ' ')}**: {attack.what}"
    yield f"  It allows {attack.allows} {one.why}"
    yield ""


def _tried() -> Iterator[str]:
    every = [one for one in attacks() if not one.sane]
    per_theme = Counter(one.theme for one in every)
    yield "## What is tried"
    yield ""
    sane = len(attacks()) - len(every)
    yield f"{len(every)} attacks, and {sane} ordinary things that must work: a sandbox that stops everything says nothing."
    yield ""
    yield "| theme | attacks | among them |"
    yield "|---|---|---|"
    for theme, count in sorted(per_theme.items()):
        shown = [one.name.replace("_", " ") for one in every if one.theme == theme]
        yield f"| [{theme}](src/planaria/attack/target/{SOURCES.name}/{theme}.py) | {count} | {'; '.join(shown[:4])} |"


if __name__ == "__main__":
    sys.stdout.write(security())
