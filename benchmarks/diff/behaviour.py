"""The search for witnesses, measured: wrong programs found, right ones flagged, at what cost, with its peers beside it.

Why: "no difference found" is worth what the search is worth on programs that nobody here wrote. Every case is one run of `planaria diff
OLD NEW --only behaviour`, and its cost is the CPU time of the whole process tree, the start of Python included.
`--only mutants --sample 20 --misses FILE` runs a few and writes down which failed, with the command that repeats each.
Not here: where the cases come from (`corpus`, `mutants`, `rewrites`, `releases`), the peers (`peers`), the interface (`interface`).
"""

import argparse
import importlib.util
import json
import math
import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryFile
from threading import Timer
from typing import Any

import corpus
import mutants
import peers
import releases
import rewrites

sys.path.insert(0, str(Path(__file__).parents[1]))
from report import Figure, main

ROOT = Path(__file__).resolve().parents[2]
ALL = ("humaneval", "classeval", "mutants", "rewrites", "peers")
SEED, PATIENCE_S = 20, 90
PEER_SHARES = {"humaneval": 40, "mutants": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be measured, and where things are."""

    only: Sequence[str]
    sample: int
    jobs: int
    data: Path
    cache: Path
    sdists: Path | None
    program: Sequence[str]
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one case: whether it was flagged, the seconds of all its processes, and what to look at."""

    folder: Path
    is_flagged: bool
    cpu_s: float
    is_answered: bool = True
    symbols: frozenset[str] = frozenset()
    witness: str = ""
    trouble: str = ""
    command: Sequence[str] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def compared(folder: Path, budget_s: float, asked: Asked, inside: str = "") -> Outcome:
    """Run `planaria diff` on a case."""
    told = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    name = told.get("package_name", "")
    sides = [folder / inside / side / name if name else folder / f"{side}.py" for side in ("old", "new")]
    command = [*asked.program, "diff", *map(str, sides), "--only", "behaviour", "--budget-s", f"{budget_s:g}", "--json"]
    text, cpu_s = finished(command)
    try:
        report = json.loads(text)
        findings = report["findings"]
    except (ValueError, KeyError):
        return Outcome(folder=folder, is_flagged=False, is_answered=False, cpu_s=cpu_s, trouble=text[-400:], command=command, facts=told)
    meant = [one for one in findings if one["kind"] in ("behaviour", "structure") and not one["intended"]]  # what is no Python is told too
    hits = [one for one in meant if one["level"] in ("breaking", "warning")]
    shown = [f"{one['symbol']}: {one['what']} {json.dumps(one.get('witness'))}" for one in hits]
    left = "; ".join(f"{one['symbol']}: {one['why']}" for one in report["not_exercised"][:5])
    return Outcome(
        folder=folder, is_flagged=bool(hits), cpu_s=cpu_s, symbols=frozenset(one["symbol"] for one in hits), witness="\n".join(shown),
        trouble=left, command=command, facts=told,
    )  # fmt: skip


def finished(command: Sequence[str], folder: Path | None = None) -> tuple[str, float]:
    """Run a command to its end, or to the end of patience; return its output and the CPU seconds of its processes.

    What runs in the folder of a case is a peer, and runs the case in its own process: under limits.
    """
    with TemporaryFile() as output:
        limit = (lambda: mutants.limited(PATIENCE_S)) if folder else None
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=not folder,
            preexec_fn=limit,  # noqa: PLW1509 - peers are run by the main thread, alone
        )
        timer = Timer(PATIENCE_S, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, _, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
        process.returncode = 0
        output.seek(0)
        return output.read().decode("utf-8", "replace"), usage.ru_utime + usage.ru_stime


def over(folders: Sequence[Path], budget_s: float, asked: Asked, inside: str = "") -> list[Outcome]:
    """Compare cases, several at a time if so asked."""
    with ThreadPoolExecutor(asked.jobs) as pool:
        found = []
        for number, one in enumerate(pool.map(lambda folder: compared(folder, budget_s, asked, inside), folders), 1):
            found.append(one)
            if sys.stderr.isatty():
                print(f"\r{one.folder.parent.name} {number}/{len(folders)}", end="\r", file=sys.stderr)
        return found


def chosen(items: Sequence[Any], sample: int) -> list[Any]:
    """Return a part of a corpus, always the same."""
    return list(items) if not sample or sample >= len(items) else Random(SEED).sample(list(items), sample)


def built(asked: Asked, name: str, make: Any) -> list[Path]:
    """Return the folders of a corpus, written unless they are there."""
    home = asked.cache / name
    if asked.fresh or not (home / "complete").exists():
        for case in make():
            if case.corpus == name:
                corpus.write(case, asked.cache)
        if home.exists():
            (home / "complete").touch()
    return runnable(sorted(one.parent for one in home.glob("*/case.json")))


def runnable(folders: Sequence[Path]) -> list[Path]:
    """Return the cases whose imports are installed here, and say what is left out."""
    absent = {
        one: [
            need
            for need in json.loads((one / "case.json").read_text(encoding="utf-8")).get("needs", ())
            if not importlib.util.find_spec(need)
        ]
        for one in folders
    }
    if wanting := sorted({need for needs in absent.values() for need in needs}):
        print(f"{folders[0].parent.name}: {sum(map(bool, absent.values()))} left out, for want of {', '.join(wanting)}", file=sys.stderr)
    return [one for one, needs in absent.items() if not needs]


def told(name: str, outcomes: Sequence[Outcome], *, wanted: float | None, is_wrong: bool, within_s: float) -> Iterator[Figure]:
    """Yield the figures of a corpus."""
    if not outcomes:
        yield Figure(name=f"{name}: not here", value=math.nan, unit="")
        return
    share = 100 * sum(one.is_flagged for one in outcomes) / len(outcomes)
    words, target, met = ("found" if is_wrong else "flagged"), "", None
    if wanted is not None:
        target, met = (f"at least {wanted:g}", share >= wanted) if is_wrong else (f"at most {wanted:g}", share <= wanted)
    yield Figure(name=f"{name}: {words}, of {len(outcomes)}", value=share, unit="%", target=target, met=met)
    if is_wrong:
        quick = 100 * sum(one.is_flagged and one.cpu_s <= within_s for one in outcomes) / len(outcomes)
        yield Figure(name=f"{name}: found, all processes within {within_s:g} CPU s", value=quick, unit="%")
    if silent := sum(not one.is_answered for one in outcomes):
        yield Figure(name=f"{name}: NO ANSWER (a crash, or out of time)", value=silent, unit="cases", target="at most 0", met=False)
    seconds = sorted(one.cpu_s for one in outcomes)
    yield Figure(name=f"{name}: CPU time, median", value=median(seconds), unit="s")
    yield Figure(name=f"{name}: CPU time, p95", value=seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], unit="s")


def humaneval(asked: Asked, failed: list[Outcome]) -> Iterator[Figure]:
    """Measure the functions with a subtle fault."""
    folders = chosen(built(asked, "humaneval", lambda: corpus.humaneval(asked.data)), asked.sample)
    outcomes = over(folders, 2, asked)
    failed += [one for one in outcomes if not one.is_flagged]
    yield from told("HumanEvalPack, wrong", outcomes, wanted=98, is_wrong=True, within_s=2)


def classeval(asked: Asked, failed: list[Outcome]) -> Iterator[Figure]:
    """Measure the candidates for classes: those that are no Python, or not the class, are counted apart as well."""
    wrong = chosen(built(asked, "classeval_wrong", lambda: corpus.classeval(asked.data)), asked.sample)
    outcomes = over(wrong, 5, asked)
    failed += [one for one in outcomes if not one.is_flagged]
    yield from told("ClassEval, wrong", outcomes, wanted=97, is_wrong=True, within_s=5)
    classes = [one for one in outcomes if one.facts.get("candidate") == "class"]
    yield from told("ClassEval, wrong, those that are a class", classes, wanted=97, is_wrong=True, within_s=5)
    right = over(chosen(built(asked, "classeval_right", lambda: corpus.classeval(asked.data)), asked.sample), 5, asked)
    failed += [one for one in right if one.is_flagged or not one.is_answered]
    yield from told("ClassEval, right, differences that a person would agree with included", right, wanted=None, is_wrong=False, within_s=5)


def mutated(asked: Asked, failed: list[Outcome]) -> Iterator[Figure]:
    """Measure mutants of packages, without and with the packages' own tests to start from."""
    made = list(mutants.cases(asked.cache, chosen(mutants.records(), asked.sample), asked.sdists))
    there = [folder for folder, why in made if not why]
    for why, count in Counter(why for _, why in made if why).items():
        print(f"mutants: {count} left out, {why}", file=sys.stderr)
    for name, inside in {"Mutants of packages": "", "Mutants, tests beside the code": "with_tests"}.items():
        outcomes = over([one for one in there if (one / inside).exists()], 2, asked, inside)
        failed += [one for one in outcomes if not one.is_flagged]
        yield from told(name, outcomes, wanted=98, is_wrong=True, within_s=2)


def rewritten(asked: Asked, failed: list[Outcome]) -> Iterator[Figure]:
    """Measure rewrites that keep meaning."""

    def make() -> Iterator[corpus.Case]:
        yield from rewrites.refactorings(asked.data, Random(SEED))
        yield from rewrites.alternatives(asked.data)

    folders = built(asked, "rewrites", make) if asked.data.exists() else []
    outcomes = over(chosen(folders, asked.sample), 2, asked)
    released = over(chosen(list(releases.cases(asked.cache)), asked.sample), 2, asked)
    failed += [one for one in (*outcomes, *released) if one.is_flagged or not one.is_answered]
    yield from told("Rewrites that keep meaning, with releases", [*outcomes, *released], wanted=1, is_wrong=False, within_s=2)
    for name, one in {"by rule": "rule", "other right solutions": "hand"}.items():
        part = [each for each in outcomes if ("by hand" in each.facts["rules"]) == (one == "hand")]
        yield from told(f"of these, {name}", part, wanted=1, is_wrong=False, within_s=2)
    yield from told("of these, releases", released, wanted=1, is_wrong=False, within_s=2)


def beside(asked: Asked, failed: list[Outcome]) -> Iterator[Figure]:
    """Measure CrossHair and Hypothesis on a part of the same cases, and planaria on that part."""
    written = [folder for folder, why in mutants.cases(asked.cache, mutants.records(), asked.sdists) if not why]
    corpora = {
        "humaneval": built(asked, "humaneval", lambda: corpus.humaneval(asked.data)),
        "mutants": [one for one in written if peers.entry_of(one)],
    }
    for name, folders in corpora.items():
        part = chosen(folders, min(PEER_SHARES[name], asked.sample or PEER_SHARES[name]))
        outcomes = over(part, 2, asked)
        yield from told(f"{name}, part: planaria", outcomes, wanted=98, is_wrong=True, within_s=2)
        for peer, command in peers.COMMANDS.items():
            if not peers.is_here(peer):
                yield Figure(name=f"{name}, part: {peer} is not installed here", value=math.nan, unit="")
                continue
            ran = [(one, *finished(command(one), one)) for one in part]
            theirs = [Outcome(folder=one, is_flagged=peers.found(peer, text), cpu_s=cpu_s) for one, text, cpu_s in ran]
            yield from (
                one
                for one in told(f"{name}, part: {peer}", theirs, wanted=None, is_wrong=True, within_s=2)
                if "all processes" not in one.name
            )


PARTS = dict(zip(ALL, (humaneval, classeval, mutated, rewritten, beside), strict=True))


def measure(asked: Asked, misses: Path | None) -> list[Figure]:
    """Measure what was asked for, and write down what failed."""
    figures: list[Figure] = []
    failed: list[Outcome] = []
    if not asked.data.exists():
        print(f"no data sets at {asked.data}: what is built from them is left out", file=sys.stderr)
    for name in asked.only:
        figures += PARTS[name](asked, failed)
    if misses:
        misses.write_text("".join(_miss(one) for one in failed), encoding="utf-8")
    return figures


def _miss(one: Outcome) -> str:
    what = "NO ANSWER" if not one.is_answered else "FLAGGED" if one.is_flagged else "MISSED"
    facts = {
        name: one.facts[name]
        for name in ("entry", "candidate", "bug", "rules", "path", "line", "operator", "cut", "put")
        if name in one.facts
    }
    return f"{what} {one.folder} {one.cpu_s:.2f} s {json.dumps(facts)}\n  {shlex.join(one.command)}\n  {one.witness or one.trouble}\n\n"


def arguments() -> tuple[Asked, Path | None]:
    """Read the command line, and leave the rest of it to the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(ALL), help=f"some of {', '.join(ALL)}")
    parser.add_argument("--sample", type=int, default=0, help="so many cases of each corpus, always the same ones (all)")
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time (1)")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data", help="the folder of the data sets")
    parser.add_argument("--cache", type=Path, default=ROOT / ".venv-bench/cases", help="where the cases are written")
    parser.add_argument("--sdists", type=Path, help="unpacked source distributions, whose tests stand beside the mutants")
    parser.add_argument("--misses", type=Path, help="a file for what was missed or flagged")
    parser.add_argument("--planaria", default=str(Path(sys.executable).parent / "planaria"), help="the program that is measured")
    parser.add_argument("--fresh", action="store_true", help="write the cases anew")
    given, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    asked = Asked(
        only=given.only.split(","), sample=given.sample, jobs=given.jobs, data=given.data.resolve(), cache=given.cache.resolve(),
        sdists=given.sdists and given.sdists.resolve(), program=[given.planaria], fresh=given.fresh,
    )  # fmt: skip
    return asked, given.misses


if __name__ == "__main__":
    order = arguments()
    main(lambda: measure(*order), about="The search for witnesses: found where programs differ, silent where they do not")
