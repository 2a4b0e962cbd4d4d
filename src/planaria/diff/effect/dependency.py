"""Dependencies: packages of others that a version imports or declares, compared, with the licence of what is new.

Why: a new package is a new supply chain and new terms, and a person answers for both.
Not here: effects of code that can be read (`change`), what a cell may import (`gates.policy`).
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from planaria.diff.effect.trace import Trace
from planaria.diff.finding import Finding, Level
from planaria.diff.version import Version

_COPYLEFT = re.compile(r"\b(?:A|L)?GPL|General Public|MPL|EUPL|copyleft", re.IGNORECASE)
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    name: str
    file: str
    line: int = 0
    is_optional: bool = False
    is_declared: bool = False


def dependency_findings(old: Version, new: Version, traces: tuple[Mapping[str, Trace], Mapping[str, Trace]]) -> list[Finding]:
    r"""Return which packages of others are needed anew (a warning, with the licence), and which no longer.

    >>> one, two = (Version(label="", files={"pyproject.toml": text}) for text in (b"", b"[project]\ndependencies = ['zzz>=1']"))
    >>> [(each.level, each.what) for each in dependency_findings(one, two, ({}, {}))]
    [('warning', 'it declares the package zzz now; its licence is not known here, where it is not installed')]
    """
    before, after = (_needs(side, each) for side, each in zip((old, new), traces, strict=True))
    found, places = [], {**before, **after}
    for key in sorted(before.keys() ^ after.keys()):
        need, cure = places[key], "nothing to do; it may be uninstalled"
        level: Level = "warning" if key in after else "info"
        verb = "declares" if need.is_declared else "imports"
        what = f"it no longer {verb} the package {need.name}"
        if key in after:
            what = f"it {verb} the {'optional ' if need.is_optional else ''}package {need.name} now; {_licence(need)}"
            cure = "do without it, or have a person agree to its source and its licence"
        found.append(Finding(kind="effects", level=level, symbol=key, file=need.file, line=need.line, what=what, cure=cure))
    return found


def _needs(side: Version, traces: Mapping[str, Trace]) -> dict[str, _Need]:
    """Return what a version needs, by the plain name of the package; an import says more than a declaration."""
    found = {_plain(one.name): one for path in side.files for one in _declared(side, path)}
    own = {name.split(".")[0] for name in side.modules} | {"planaria", ""} | sys.stdlib_module_names
    for module, trace in traces.items():
        for name, (line, is_optional) in trace.imports.items():
            was = found.get(_plain(name))
            if name not in own and (was is None or was.is_declared or was.is_optional):
                found[_plain(name)] = _Need(name=name, file=side.modules[module], line=line, is_optional=is_optional)
    return found


def _declared(side: Version, path: str) -> Iterator[_Need]:
    name = path.rpartition("/")[2]
    lines: list[str] = []
    if name == "pyproject.toml":
        import tomllib

        try:
            project = tomllib.loads(side.text(path)).get("project", {})
            groups = project.get("dependencies", ()), *project.get("optional-dependencies", {}).values()
            lines = [one for group in groups for one in group]
        except (tomllib.TOMLDecodeError, AttributeError, TypeError):
            return
    elif name in ("METADATA", "PKG-INFO"):
        lines = [one.partition(":")[2] for one in side.text(path).splitlines() if one.startswith("Requires-Dist:")]
    elif name.startswith("requirements") and name.endswith(".txt"):
        lines = [one for one in side.text(path).splitlines() if not one.startswith(("#", "-"))]
    for line in lines:
        if isinstance(line, str) and (found := _NAME.match(line)):
            yield _Need(name=found.group(1), file=path, is_declared=True)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(need: _Need) -> str:
    from importlib.metadata import PackageNotFoundError, metadata, packages_distributions

    names = [need.name] if need.is_declared else packages_distributions().get(need.name, [])
    try:
        held = metadata(names[0] if names else need.name)
    except PackageNotFoundError:
        return "its licence is not known here, where it is not installed"
    classes = [one.rpartition(" :: ")[2] for one in held.get_all("Classifier", []) if one.startswith("License ::")]
    texts = [one.strip().partition("\n")[0][:80] for one in held.get_all("License", [])]
    told = ", ".join(held.get_all("License-Expression", []) or classes or texts)
    said = f"has the licence {told}{', which is copyleft' if _COPYLEFT.search(told) else ''}" if told else "does not say its licence"
    return f"{held['Name']} {held['Version']} {said}"
