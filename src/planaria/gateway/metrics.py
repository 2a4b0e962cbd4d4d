"""Metrics: what the system measured, in the text format of Prometheus (exposition format 0.0.4).

Why: every monitoring system reads it, and it costs nothing until it is asked for.
Not here: counting (`record.status`) and timing (`record.meter`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planaria.placement.usage import Usage
from planaria.record.meter import BOUNDS_S, Timing
from planaria.record.status import CellStatus, Measure

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
OUTCOMES = ("completed", "refused", "failed", "unknown")
USED = (
    ("seats", "seats", "gauge", "Processes or instances that serve the cell."),
    ("memory_bytes", "memory_bytes", "gauge", "Memory that the cell uses."),
    ("memory_max_bytes", "memory_max_bytes", "gauge", "Most memory that the cell has used."),
    ("cpu_s", "cpu_seconds_total", "counter", "Processor time that the cell used."),
    ("fuel", "fuel_total", "counter", "Fuel that the cell used: WebAssembly instructions, about."),
)
Sample = tuple[str, Mapping[str, Any], float]
Family = tuple[str, str, str, list[Sample]]
Timings = Mapping[tuple[str, str], Timing]


@dataclass(frozen=False, slots=True)
class Traffic:
    """What the gateway itself counts."""

    statuses: dict[int, int] = field(default_factory=dict)
    received_bytes: int = 0
    sent_bytes: int = 0

    def count(self, status: int, sent_bytes: int) -> None:
        """Count one answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.sent_bytes += sent_bytes


def metrics_text(
    measures: Iterable[Measure], timings: Timings, cells: Iterable[CellStatus], traffic: Traffic, gauges: Mapping[str, float],
    *, usages: Iterable[Usage] = (),
) -> bytes:  # fmt: skip
    """Return everything measured as one text; `gauges` are the gateway's own, by name; `usages` are of cells where they run.

    >>> metrics_text([], {}, [], Traffic(), {"requests": 2}).decode().splitlines()[-1]
    'planaria_gateway_requests 2'
    """
    families = (*_of_calls(list(measures), timings), *_of_cells(list(cells)), *_of_usages(list(usages)), *_of_gateway(traffic, gauges))
    return "".join(_family(name, kind, text, samples) for name, kind, text, samples in families if samples).encode()


def _family(name: str, kind: str, text: str, samples: list[Sample]) -> str:
    lines = [f"# HELP {name} {text}\n", f"# TYPE {name} {kind}\n"]
    for suffix, labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(str(one))}"' for label, one in labels.items())
        lines.append(f"{name}{suffix}{{{shown}}} {value:.12g}\n" if shown else f"{name}{suffix} {value:.12g}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _of_calls(measures: list[Measure], timings: Timings) -> Iterator[Family]:
    labelled = [({"cell": one.cell, "operation": one.operation}, one) for one in measures]
    outcomes: list[Sample] = [
        ("", {**labels, "outcome": outcome}, float(_count(one, outcome))) for labels, one in labelled for outcome in OUTCOMES
    ]
    yield "planaria_calls_total", "counter", "Calls by outcome.", outcomes
    timed = [(labels, timings.get((one.cell, one.operation)) or Timing()) for labels, one in labelled]
    seconds = [sample for labels, one in timed for sample in _histogram(labels, one)]
    yield "planaria_call_seconds", "histogram", "Time of calls; of calls from cell to cell, a sample.", seconds
    sizes: list[Sample] = [("", labels, one.bytes_mean) for labels, one in timed]
    yield "planaria_call_bytes", "gauge", "Mean bytes of arguments and result, encoded; a sample.", sizes


def _count(measure: Measure, outcome: str) -> int:
    if outcome != "completed":
        return int(getattr(measure, outcome))
    return max(0, measure.calls - measure.refused - measure.failed - measure.unknown)


def _histogram(labels: Mapping[str, Any], timing: Timing) -> Iterator[Sample]:
    seen = 0
    for bound, count in zip((*BOUNDS_S, "+Inf"), timing.latency_s.counts, strict=True):
        seen += count
        yield "_bucket", {**labels, "le": bound}, float(seen)
    yield "_sum", labels, timing.latency_s.sum_s
    yield "_count", labels, float(seen)


def _of_cells(cells: list[CellStatus]) -> Iterator[Family]:
    up: list[Sample] = [
        ("", {"cell": one.cell, "generation": one.generation[:12], "placement": one.placement}, float(one.state == "up")) for one in cells
    ]
    yield "planaria_cell_up", "gauge", "1 while the cell takes calls.", up
    for name, text in (("running", "Calls that run."), ("queued", "Calls that wait for a place.")):
        yield f"planaria_cell_{name}", "gauge", text, [("", {"cell": one.cell}, float(getattr(one, name))) for one in cells]
    crashes: list[Sample] = [("", {"cell": one.cell}, float(one.crashes)) for one in cells]
    yield "planaria_cell_crashes", "gauge", "Crashes within the window of its plan.", crashes


def _of_usages(usages: list[Usage]) -> Iterator[Family]:
    """Leave out what is not known of one cell because it shares its process with others."""
    for figure, name, kind, text in USED:
        told = [(one, getattr(one, figure)) for one in usages]
        samples: list[Sample] = [
            ("", {"cell": one.cell, "placement": one.placement}, float(value)) for one, value in told if value is not None
        ]
        yield f"planaria_cell_{name}", kind, text, samples
    accesses: list[Sample] = [
        ("", {"cell": one.cell, "outcome": outcome}, float(count)) for one in usages for outcome, count in one.accesses.items()
    ]
    yield "planaria_cell_accesses_total", "counter", "Uses of the network through the broker, by outcome.", accesses
    touches: list[Sample] = [("", {"cell": one.cell, "kind": kind}, float(count)) for one in usages for kind, count in one.touches.items()]
    yield "planaria_cell_touches_total", "counter", "Effects that the tripwire saw, by kind; refused ones apart.", touches


def _of_gateway(traffic: Traffic, gauges: Mapping[str, float]) -> Iterator[Family]:
    statuses: list[Sample] = [("", {"status": status}, float(count)) for status, count in sorted(traffic.statuses.items())]
    yield "planaria_gateway_answers_total", "counter", "Answers by HTTP status.", statuses
    yield "planaria_gateway_received_bytes_total", "counter", "Bytes of bodies read.", [("", {}, float(traffic.received_bytes))]
    yield "planaria_gateway_sent_bytes_total", "counter", "Bytes of bodies sent.", [("", {}, float(traffic.sent_bytes))]
    for name, value in gauges.items():
        yield f"planaria_gateway_{name}", "gauge", f"Now: {name}.", [("", {}, float(value))]
