"""Releases that changed no behaviour: pairs of versions whose code was read, line by line, to say so.

Why: a refactoring by its own maintainers is a rewrite that nobody made for a benchmark. Some only moved code or added types, some
found a faster way to the same answer; what a pair changed is told beside it.
Not here: releases that break something (`interface`), refactorings by rule (`rewrites`).
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

UV = Path(__file__).resolve().parents[2] / ".venv/bin/uv"
# The distribution, its module or package, the two versions, and what changed between them.
PAIRS = (
    ("sortedcontainers", "sortedcontainers", "2.2.1", "2.2.2", "slices inside one list are taken at once"),
    ("sortedcontainers", "sortedcontainers", "2.2.2", "2.3.0", "lists are joined by reduce(iadd) instead of chain"),
    ("more-itertools", "more_itertools", "11.0.1", "11.0.2", "running_min and its like moved between two modules"),
    ("more-itertools", "more_itertools", "8.0.1", "8.0.2", "packaging only"),
    ("cachetools", "cachetools", "5.5.1", "5.5.2", "the wrappers of @cached moved into a module of their own"),
    ("cachetools", "cachetools", "5.3.2", "5.3.3", "the number of the version"),
    ("six", "six.py", "1.15.0", "1.16.0", "the importer learned find_spec"),
    ("iniconfig", "iniconfig", "2.0.0", "2.1.0", "types only"),
    ("python-slugify", "slugify", "8.0.2", "8.0.3", "a branch for Python 2 went, and types"),
    ("idna", "idna", "3.5", "3.6", "the number of the version"),
    ("boltons", "boltons", "23.1.0", "23.1.1", "packaging only"),
    ("wcwidth", "wcwidth", "0.2.11", "0.2.12", "packaging only"),
)


def cases(cache: Path) -> Iterator[Path]:
    """Yield the folder of each pair, fetched where it is not there yet; those that cannot be fetched are told and left out."""
    for distribution, module, before, after, changed in PAIRS:
        folder = cache / "releases" / f"{distribution}_{before}_{after}"
        if not (folder / "case.json").exists():
            sides = {"old": before, "new": after}
            if not all(_fetch(distribution, version, module, folder / side) for side, version in sides.items()):
                print(f"{distribution} {before} and {after}: cannot be fetched here", file=sys.stderr)
                continue
            told = {"label": "right", "corpus": "releases", "id": folder.name, "package_name": module, "rules": [changed]}
            (folder / "case.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        yield folder


def _fetch(distribution: str, version: str, module: str, target: Path) -> bool:
    """Install a version without what it needs into a folder, and keep its code alone."""
    shutil.rmtree(target, ignore_errors=True)
    command = [
        str(UV),
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--target",
        str(target),
        f"{distribution}=={version}",
    ]
    done = subprocess.run([*command, "--python", sys.executable], capture_output=True, check=False)
    for one in target.iterdir() if target.exists() else ():
        if one.name != module:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    return done.returncode == 0 and (target / module).exists()
