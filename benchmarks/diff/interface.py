"""The interface diff on releases of well-known packages, beside griffe: documented breaks found, false reports, speed and memory.

Why: a rule is right when it tells what the authors of a release told, and little else. Labels (`breaks.toml`) come from their documents;
reports that no label explains are sampled into a file for review, and what a person said of them is kept in `judged.toml`.
Not here: behaviour (`behaviour`), the rules (`planaria.diff.interface`).
"""

import argparse
import json
import logging
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from importlib.util import find_spec
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ASIDE = frozenset(
    ("test", "tests", "testing", "docs", "doc", "examples", "demos", "benchmarks", "maint", "admin", "build", "scripts", "bin")
)
SAMPLE = 12
TOOLS = ("planaria", "griffe")
GONE = re.compile(r"\b(gone|removed|moved|no longer|was in|renamed|hidden|private|lost)\b", re.IGNORECASE)
FITS = {
    "removed": GONE,
    "parameter": re.compile(r"param|argument|positional|keyword|required|signature|default|order|accept|call", re.IGNORECASE),
    "default": re.compile(r"default|param", re.IGNORECASE),
    "value": re.compile(r"value|default|type", re.IGNORECASE),
    "base": re.compile(r"base|subclass|inherit|except|catch|instance|derive", re.IGNORECASE),
    "became": re.compile(r"async|await|corout|kind|property|method", re.IGNORECASE),
    "kind": re.compile(r"static|method|kind|param|self|instance", re.IGNORECASE),
    "changed": re.compile(r"."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A documented break: the names that its symbol goes by, the parameter it is about, if any, and its kind."""

    names: tuple[str, ...]
    parameter: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One report of a tool."""

    symbol: str
    level: str
    what: str
    place: str = ""

    @property
    def key(self) -> str:
        """Return what a judgement is kept under."""
        return f"{self.symbol}#{blake2s(self.what.encode(), digest_size=4).hexdigest()}"


@dataclass(frozen=False, slots=True, kw_only=True)
class Outcome:
    """What both tools said of one pair of releases."""

    name: str
    labels: list[Label]
    found: dict[str, set[int]] = field(default_factory=dict)
    told: dict[str, list[Told]] = field(default_factory=dict)
    unexplained: dict[str, list[Told]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    judged: Counter[str] = field(default_factory=Counter)


def label(entry: Sequence[str]) -> Label:
    """Read `["a.b.f(x)|a.f(x)", "parameter removed", "own words"]`."""
    parts = [re.fullmatch(r"([^(]+)(?:\((\w+)\))?", one) for one in entry[0].split("|")]
    return Label(names=tuple(one[1] for one in parts if one), parameter=(parts[0] and parts[0][2]) or "", kind=entry[1])


def fetched(name: str, version: str, cache: Path) -> Path:
    """Return the import root of a release: its packages alone; downloaded once, never installed and never run."""
    target = cache / f"{name}-{version}"
    if not target.exists():
        pip = [sys.executable if find_spec("pip") else str(ROOT / ".venv/bin/python"), "-m", "pip", "-q", "download", "--no-deps"]
        with tempfile.TemporaryDirectory() as folder:
            for ways in (["--only-binary", ":all:"], ["--only-binary", ":all:", "--python-version", "3.8"], ["--no-binary", ":all:"]):
                command = [*pip, "--disable-pip-version-check", *ways, "-d", folder, f"{name}=={version}"]
                if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                    break
            unpack(next(Path(folder).iterdir()), Path(folder) / "all", target)
    return target


def unpack(archive: Path, into: Path, target: Path) -> None:
    """Unpack a wheel or a source archive, and keep the Python files of its packages and modules."""
    if archive.suffix == ".whl":
        zipfile.ZipFile(archive).extractall(into)
    else:
        with tarfile.open(archive) as packed:
            packed.extractall(into, filter="data")
        into = next(top / "src" if (top / "src").is_dir() else top for top in into.iterdir())
    for path in sorted(into.rglob("*.py")):
        first = path.relative_to(into).parts[0]
        is_own = first not in ASIDE and not first.endswith((".dist-info", ".data", ".egg-info"))
        if is_own and ((into / first / "__init__.py").exists() or (archive.suffix == ".whl" and path.parent == into)):
            kept = target / path.relative_to(into)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(path.read_bytes())


def planaria(old: Path, new: Path) -> list[Told]:
    """Return what planaria says of the interface of two import roots."""
    from planaria.diff.interface import interface_findings
    from planaria.diff.version import Version

    sides = [
        Version(label=one.name, files={str(path.relative_to(one)): path.read_bytes() for path in one.rglob("*.py")}) for one in (old, new)
    ]
    found = interface_findings(*sides)
    return [Told(symbol=one.symbol, level=one.level, what=one.what, place=one.place) for one in found]


def loaded(root: Path) -> dict[str, Any]:
    """Return the packages and modules of an import root, read by griffe as `griffe check` reads them."""
    import griffe

    logging.getLogger("griffe").setLevel(logging.CRITICAL)
    packages = {}
    for path in sorted(root.iterdir()):
        loader = griffe.GriffeLoader(search_paths=[root], allow_inspection=False)
        packages[path.stem] = loader.load(path.stem)
        loader.resolve_aliases(implicit=False, external=False)
    return packages


def griffe_told(old: dict[str, Any], new: dict[str, Any]) -> list[Told]:
    """Return what griffe says; all it says is a break."""
    import griffe

    told = []
    for name in old.keys() & new.keys():
        try:
            for one in griffe.find_breaking_changes(old[name], new[name]):
                values = " ".join(str(getattr(value, "name", value))[:80] for value in (one.old_value, one.new_value))
                told.append(Told(symbol=one.obj.path, level="breaking", what=f"{one.kind.value}: {values}"))
        except griffe.GriffeError as error:
            print(f"griffe stopped in {name}: {error}", file=sys.stderr)
    gone = [Told(symbol=name, level="breaking", what="Public object was removed") for name in old.keys() - new.keys()]
    return [*told, *gone]


def resolved(symbol: str, packages: dict[str, Any]) -> Any:
    """Return what griffe knows of a symbol, through aliases and bases as far as it can follow them; None for an unknown one."""
    first, _, rest = symbol.partition(".")
    try:
        one = packages[first]
        for part in rest.split(".") if rest else ():
            one = one.all_members[part] if one.is_class else one.members[part]
        return one.final_target if one.is_alias else one
    except Exception:
        return None


def canonical(symbol: str, packages: dict[str, Any]) -> str:
    """Return where a symbol of the old version is defined."""
    holder, _, name = symbol.rpartition(".")
    one = resolved(symbol, packages) or getattr(resolved(holder, packages), "members", {}).get(name)
    return symbol if one is None else str(getattr(one, "target_path", one.path))


def fits(wanted: Label, told: Told) -> bool:
    """Say whether a report at the very symbol is about the same change."""
    is_gone = bool(GONE.search(told.what)) and not re.search(r"param", told.what, re.IGNORECASE)
    if wanted.parameter:
        return is_gone or bool(re.search(rf"\b{wanted.parameter}\b", f"{told.what}"))
    return is_gone or bool(FITS[wanted.kind.split()[0]].search(told.what))


def explains(wanted: Label, names: set[str], told: Told, symbols: set[str]) -> bool:
    """Say whether a report tells a documented break: at its symbol, at an alias of it, or at what holds it or is held by it."""
    symbols = symbols | {re.sub(r"\.__(init|new)__$", "", one) for one in symbols}
    is_gone = bool(GONE.search(told.what)) and not re.search(r"param", told.what, re.IGNORECASE)
    if any(name.startswith(f"{one}.") for name in names for one in symbols):
        return is_gone
    if any(one.startswith(f"{name}.") for name in names for one in symbols) and wanted.kind == "removed":
        return is_gone
    ends = {tuple(one.split(".")[-2:]) for one in names}
    return bool(names & symbols or any(tuple(one.split(".")[-2:]) in ends for one in symbols)) and fits(wanted, told)


def match(outcome: Outcome, packages: dict[str, Any]) -> None:
    """Match the reports of both tools with the labels."""
    known = [{*one.names, *(canonical(name, packages) for name in one.names)} for one in outcome.labels]
    for tool, told in outcome.told.items():
        found, unexplained = set[int](), []
        for one in told:
            if one.level == "info":
                continue
            symbols = {one.symbol, canonical(one.symbol, packages)}
            hits = {at for at, wanted in enumerate(outcome.labels) if explains(wanted, known[at], one, symbols)}
            found |= hits
            if not hits:
                unexplained.append(one)
        outcome.found[tool], outcome.unexplained[tool] = found, unexplained


def measured(package: dict[str, Any], cache: Path) -> tuple[Outcome, Sequence[dict[str, Any]]]:
    """Download a pair, run both tools on it and match what they say."""
    old, new = (fetched(package["name"], package[side], cache) for side in ("old", "new"))
    outcome = Outcome(name=f"{package['name']} {package['new']}", labels=[label(one) for one in package["breaks"]])
    began = perf_counter()
    packages = loaded(old), loaded(new)
    outcome.told["griffe"] = griffe_told(*packages)
    middle = perf_counter()
    outcome.told["planaria"] = planaria(old, new)
    outcome.seconds = {"griffe": middle - began, "planaria": perf_counter() - middle}
    match(outcome, packages[0])
    return outcome, packages


def sampled(outcome: Outcome) -> list[Told]:
    """Return the unexplained reports that a person is asked about: breaking ones first."""
    told = sorted(outcome.unexplained["planaria"], key=lambda one: one.key)
    Random(4).shuffle(told)
    return sorted(told, key=lambda one: one.level != "breaking")[:SAMPLE]


def judge(outcome: Outcome, told: Iterable[Told], judged: dict[str, Any]) -> None:
    """Count what was said of sampled reports: true, false, or nothing yet."""
    for one in told:
        said = judged.get(outcome.name, {}).get(one.key)
        outcome.judged["open" if said is None else "true" if said[0] else "false"] += 1


def review(outcome: Outcome, told: Iterable[Told], packages: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the sampled reports for a reader, each with the code of both versions at its symbol."""
    for one in told:
        yield f"\n## {outcome.name} {one.level} {one.key}\n{one.what}   [{one.place}]"
        yield from (f"  {side}: {excerpt(one.symbol, packages[at])}" for at, side in enumerate(("old", "new")))


def excerpt(symbol: str, packages: dict[str, Any]) -> str:
    """Return where a symbol is defined in a version and its first lines."""
    one = resolved(symbol, packages)
    lines = ["absent"] if one is None else getattr(one, "source", "").splitlines()
    return f"{getattr(one, 'path', '')}\n     " + "\n     ".join(line[:160] for line in lines[:9])


def share(part: float, whole: float) -> str:
    """Return a share in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def table(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the report: a line a package, then what all of them come to."""
    heads = ("labels", "planaria", "griffe", "reports", "griffe", "seconds", "griffe", "true", "false", "open")
    yield f"{'package':<28}" + "".join(f"{one:>9}" for one in heads)
    for one in outcomes:
        cells = [len(one.labels), *(len(one.found[tool]) for tool in TOOLS), *(count(one, tool) for tool in TOOLS)]
        times = "".join(f"{one.seconds[tool]:>9.2f}" for tool in TOOLS)
        yield f"{one.name:<28}" + "".join(f"{cell:>9}" for cell in cells) + times + "".join(f"{one.judged[name]:>9}" for name in heads[-3:])
    labels = sum(len(one.labels) for one in outcomes)
    for tool in TOOLS:
        found, seconds = sum(len(one.found[tool]) for one in outcomes), sum(one.seconds[tool] for one in outcomes)
        told, left = sum(count(one, tool) for one in outcomes), sum(len(one.unexplained[tool]) for one in outcomes)
        yield f"{tool}: {found} of {labels} labels ({share(found, labels)}), {seconds:.1f} s; {told} reports, {left} without a label"
    judged = [one for one in outcomes if one.judged["true"] + one.judged["false"]]
    right, wrong = (sum(one.judged[name] for one in judged) for name in ("true", "false"))
    told = sum(count(one, "planaria") for one in judged)
    matched = told - sum(len(one.unexplained["planaria"]) for one in judged)
    weighted = sum(len(one.unexplained["planaria"]) * one.judged["false"] / (one.judged["true"] + one.judged["false"]) for one in judged)
    yield (
        f"planaria, false: {wrong} of {wrong + right} judged; {share(wrong, wrong + right + matched)} of judged and matched; "
        f"{share(weighted, told)} of all reports, those without a label weighted by their sample"
    )


def count(outcome: Outcome, tool: str) -> int:
    """Return how many reports warn of something."""
    return sum(one.level != "info" for one in outcome.told[tool])


def missed(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the labels that planaria did not find, and what it said of their symbols as a note, if anything."""
    for one in outcomes:
        notes = {each.symbol: each.what for each in one.told["planaria"] if each.level == "info"}
        for at, wanted in enumerate(one.labels):
            if at not in one.found["planaria"]:
                also = "" if at in one.found["griffe"] else " (nor griffe)"
                told = "; ".join(f"note: {notes[name]}" for name in wanted.names if name in notes)
                yield f"missed {one.name}: {wanted.names[0]} {wanted.parameter} {wanted.kind}{also} {told}".rstrip()


PROGRAM = """
import json, resource, sys
from pathlib import Path
from time import perf_counter
began = perf_counter()
from planaria.diff.version import Version
def read(folder):
    return Version(label=folder, files={str(one.relative_to(folder)): one.read_bytes() for one in Path(folder).rglob("*.py")})
def interface(old, new):
    from planaria.diff.interface import interface_findings
    return interface_findings(old, new)
def effects(old, new):
    from planaria.diff.effect.change import effect_findings
    return effect_findings(old, new)
def same(old, new):
    from planaria.diff.normal import unchanged
    told = unchanged(old, new)
    assert told.is_same, told
    return []
old, new = read(sys.argv[1]), read(sys.argv[2])
count = sum(len(globals()[one](old, new)) for one in sys.argv[3:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, perf_counter() - began, used.ru_maxrss / 1024, count]))
"""
MORE = {"old": "", "alike": "\n# A remark.\n", "unlike": "\n\ndef added_here(amount=1):\n    return open(str(amount))\n"}


def synthetic(size: int, target: Path) -> None:
    """Write three versions of a package of so many bytes made of the standard library: old, alike (comments) and unlike (all files)."""
    sources, total = sorted(Path(json.__file__).parent.parent.glob("*.py")), 0
    while total < size:
        for at, path in enumerate(sources):
            text = path.read_text("utf-8", "replace")
            if path.stem == "this" or total >= size:
                continue
            for side, more in MORE.items():
                module = target / side / "big" / f"part{total // 250_000}" / f"{path.stem.strip('_')}_{at}.py"
                module.parent.mkdir(parents=True, exist_ok=True)
                (module.parent / "__init__.py").touch()
                (module.parents[1] / "__init__.py").touch()
                module.write_text(text + more, encoding="utf-8")
            total += len(text)


def sizes() -> None:
    """Print seconds and memory of whole processes at growing sizes: no change at all, no change of meaning, everything changed."""
    asked = {
        "same bytes": ("old", "same"), "same meaning": ("alike", "same"), "interface": ("unlike", "interface"),
        "effects": ("unlike", "effects"), "interface + effects": ("unlike", "interface", "effects"),
    }  # fmt: skip
    first = dict[str, float]()
    for size in (250_000, 500_000, 1_000_000, 2_000_000):
        with tempfile.TemporaryDirectory() as folder:
            synthetic(size, Path(folder))
            for name, (side, *kinds) in asked.items():
                command = [sys.executable, "-c", PROGRAM, f"{folder}/old", f"{folder}/{side}", *kinds]
                runs = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(3)]
                seconds, wall, memory, findings = min(runs)
                per = first.setdefault(name, seconds / size)
                told = f"{size / 1e6:>5.2f} MB  {name:<20}{seconds:>8.2f} CPU s{wall:>8.2f} s{memory:>8.0f} MB{findings:>7} findings"
                print(f"{told}   {seconds / size / per:>5.2f} x linear", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=ROOT / ".venv-bench" / "packages", help="where releases are kept")
    parser.add_argument("--only", nargs="*", help="names of packages")
    parser.add_argument("--review", type=Path, help="write the sampled reports that no label explains to this file")
    parser.add_argument("--missed", action="store_true", help="print the labels that were not found")
    parser.add_argument("--sizes", action="store_true", help="measure speed and memory at growing sizes instead")
    asked = parser.parse_args()
    if asked.sizes:
        sizes()
    else:
        packages(asked)


def packages(asked: argparse.Namespace) -> None:
    """Run both tools on the pairs of releases and print how they did."""
    pairs = [one for one in tomllib.loads((HERE / "breaks.toml").read_text())["package"] if not asked.only or one["name"] in asked.only]
    judged = tomllib.loads((HERE / "judged.toml").read_text()) if (HERE / "judged.toml").exists() else {}
    outcomes, pages = list[Outcome](), list[str]()
    for package in pairs:
        outcome, read = measured(package, asked.cache)
        told = sampled(outcome)
        judge(outcome, told, judged)
        pages += review(outcome, told, read)
        outcomes.append(outcome)
        print(outcome.name, file=sys.stderr, flush=True)
    print("\n".join([*table(outcomes), *(missed(outcomes) if asked.missed else ())]))
    if asked.review:
        asked.review.write_text("\n".join(pages), "utf-8")


if __name__ == "__main__":
    main()
