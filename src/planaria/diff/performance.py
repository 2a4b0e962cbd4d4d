"""Performance: how much time the two versions take for the same inputs, measured in pairs, and how it grows with their size.

Why: a rewrite that gives the same may be a hundred times slower. Machines are noisy, so runs of both are interleaved and a statement
is made only where the whole middle half of the ratios says it.
Not here: inputs on which they differ (`search`), objectives of a cell (`scale`).
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from planaria.diff.finding import Finding
from planaria.witness.script.form import Form
from planaria.witness.script.hunt import Hunt, Pairing
from planaria.witness.script.step import Script

ROUNDS, LEAST_S, SCRIPTS_MAX, SHARE = 9, 0.002, 4, 0.15
SLOWER, FASTER = 1.3, 1 / 1.3
SCALES, GROWTH_MIN, STEEPER = (2, 8, 32), 2.0, 0.6
STRIDE = 1_000_000
NOISE_NS = 3_000  # what takes less is mostly the clock itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Nanoseconds of both versions for one script, round by round.

    >>> Timing(old=(100, 100, 110), new=(200, 220, 230)).middle
    (2.0, 2.2)
    """

    old: tuple[int, ...]
    new: tuple[int, ...]

    @property
    def ratios(self) -> list[float]:
        """Return how many times as long the new version takes, by rounds."""
        return sorted(after / before for before, after in zip(self.old, self.new, strict=True))

    @property
    def middle(self) -> tuple[float, float]:
        """Return the ends of the middle half of the ratios."""
        ratios = self.ratios
        quarter = len(ratios) // 4
        return round(ratios[quarter], 2), round(ratios[-1 - quarter], 2)

    @property
    def is_telling(self) -> bool:
        """Say whether the middle half and the shortest times of both lie on one side, away from alike."""
        shortest = min(self.new) / min(self.old)
        return min(self.middle[0], shortest) > SLOWER or max(self.middle[1], shortest) < FASTER

    @property
    def ratio(self) -> float:
        """Return the median ratio."""
        return statistics.median(self.ratios)


def performance_findings(pairing: Pairing, hunt: Hunt, *, budget_s: float) -> list[Finding]:
    """Time what both versions answered alike, symbol by symbol, until the budget is spent."""
    pairing.stop()  # traces and what scripts have left behind are not to be timed
    until = pairing.cpu_s + SHARE * budget_s
    found: list[Finding] = []
    for symbol, scripts in sorted(hunt.alike.items()):
        if pairing.cpu_s > until:
            break
        found += _of_symbol(symbol, sorted(scripts, key=lambda one: -one.size)[:SCRIPTS_MAX], pairing)
    return found


def _of_symbol(symbol: str, scripts: Sequence[Script], pairing: Pairing) -> Iterator[Finding]:
    larger = _larger(scripts[0], pairing)
    steeper = _steeper(symbol, scripts[0], larger)
    if steeper is not None:
        yield steeper
        return
    timed = [(one.lines, timing) for one in scripts if (timing := timing_of(one, pairing)) is not None]
    timed = timed or [([_lengthened(scripts[0], scale)], timing) for scale, timing in larger.items()]
    telling = [(calls, timing) for calls, timing in timed if timing.is_telling]
    if not telling:
        return
    calls, timing = max(telling, key=lambda one: abs(math.log(one[1].ratio)))
    is_slower = timing.ratio > 1
    low, high = timing.middle
    told = f"{timing.ratio:.1f} times as long" if is_slower else f"{1 / timing.ratio:.1f} times less"
    yield Finding(
        kind="performance", level="warning" if is_slower else "info", symbol=symbol,
        what=f"it takes {told} (middle half of {len(timing.old)} pairs: {low} to {high} times)",
        cure="look at what it does for these inputs" if is_slower else "nothing", witness=_witness(calls, [timing]),
    )  # fmt: skip


def _witness(calls: Sequence[str], timings: Sequence[Timing]) -> dict[str, object]:
    sides = ([statistics.median(one.old) for one in timings], [statistics.median(one.new) for one in timings])
    told = ({"kind": "completed", "text": ", ".join(f"{one / 1000:.1f} µs" for one in side)} for side in sides)
    return {"calls": list(calls), **dict(zip(("old", "new"), told, strict=True))}


def timing_of(script: Script, pairing: Pairing, *, rounds: int = ROUNDS) -> Timing | None:
    """Time a script in both versions by turns; none where it fails, or takes too little to say anything."""
    sides: tuple[list[int], list[int]] = ([], [])
    for number in range(rounds):
        both = ((pairing.old, sides[0]), (pairing.new, sides[1]))
        for actor, kept in both if number % 2 else both[::-1]:
            answer = actor.ask({"time": [script.plain()], "least_s": LEAST_S}, 10.0)
            spent = int(answer["ns"][0]) if answer and answer.get("ns") else 0
            if spent < NOISE_NS:
                return None
            kept.append(spent)
    return Timing(old=tuple(sides[0]), new=tuple(sides[1]))


def _larger(script: Script, pairing: Pairing) -> dict[int, Timing]:
    """Return what a script takes with inputs so many times as long; nothing where it has none that can be longer."""
    growing = {scale: scaled(script, scale) for scale in SCALES}
    if growing[SCALES[-1]] == growing[SCALES[0]]:
        return {}
    timings = {scale: timing_of(one, pairing, rounds=3) for scale, one in growing.items()}
    return {scale: timing for scale, timing in timings.items() if timing is not None}


def _lengthened(script: Script, *scales: int) -> str:
    return f"{script.lines[-1]}  # with inputs {' and '.join(map(str, scales))} times as long"


def _steeper(symbol: str, script: Script, larger: Mapping[int, Timing]) -> Finding | None:
    """Return a finding where the time of the new version grows with the input as that of the old one does not."""
    if len(larger) < 2:  # noqa: PLR2004 - a slope needs two points
        return None
    least, most = min(larger), max(larger)
    first, last = larger[least], larger[most]
    before, after = (
        math.log(min(one) / min(other)) / math.log(most / least) for one, other in ((last.old, first.old), (last.new, first.new))
    )
    if after - before < STEEPER or min(last.new) / min(last.old) < GROWTH_MIN:
        return None
    what = f"its time grows with the input's size to the power of {after:.1f}, the old version's to {before:.1f}"
    witness = _witness([_lengthened(script, *larger)], [*larger.values()])
    return Finding(kind="performance", level="warning", symbol=symbol, what=what, cure="look for a loop within a loop", witness=witness)


def scaled(script: Script, times: int) -> Script:
    """Return a script whose texts and collections are so many times as long.

    >>> from planaria.witness.script.step import Step
    >>> scaled(Script(steps=(Step(callee="f", given=([1, 2], "a", 2)),)), 2).lines
    ["f([1, 2, 1000001, 1000002], 'aa', 2)"]
    """
    steps = [replace(one, given=tuple(_scaled(each, times) for each in one.given)) for one in script.steps]
    return script.with_steps(steps)


def _scaled(form: Form, times: int) -> Form:
    if isinstance(form, str):
        return form * times
    if isinstance(form, list):
        return [_shifted(one, number) for number in range(times) for one in form]
    return form


def _shifted(form: Form, number: int) -> Form:
    """Return an item as it stands in a later part of a long input, where it is another: what looks for repeats must not find all."""
    if type(form) in (int, float):
        return form + STRIDE * number
    return f"{form}{number}" if isinstance(form, str) and number else form
