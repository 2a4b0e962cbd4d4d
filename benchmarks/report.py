"""Reports: medians and ratios of figures measured side by side, as a table or as JSON."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: what was measured, and the target it is held against, if any."""

    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None


def ratio(
    name: str, over: Sequence[float], under: Sequence[float], *, at_most: float | None = None, at_least: float | None = None
) -> Figure:
    """Return the median of the ratios of figures taken in the same rounds."""
    value = median(a / b for a, b in zip(over, under, strict=True))
    if at_most is not None:
        return Figure(name=name, value=value, unit="x", target=f"at most {at_most}", met=value <= at_most)
    if at_least is not None:
        return Figure(name=name, value=value, unit="x", target=f"at least {at_least}", met=value >= at_least)
    return Figure(name=name, value=value, unit="x")


def main(measure: Callable[[], list[Figure]], *, about: str) -> None:
    """Measure and print; the exit status is 0 whatever the figures are, because machines are noisy."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    figures = measure()
    if as_json:
        print(json.dumps({"about": about, "figures": [asdict(one) for one in figures]}))
        return
    print(about)
    for one in figures:
        verdict = {None: "", True: "met", False: "MISSED"}[one.met]
        print(f"  {one.name:<66} {one.value:>12,.3f} {one.unit:<6} {one.target:<16} {verdict}".rstrip())
