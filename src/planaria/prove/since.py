"""What changed since a revision of git: the lines that a proof is asked about.

Why: a change is reviewed by itself, and its proof should be as quick as it is small.
Not here: verdicts of what did not change (`cache`).
"""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from planaria.kernel.error import PlanariaError

HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
FILE = re.compile(r'^\+\+\+ (?:"?b/(.*?)"?|/dev/null)\s*$', re.MULTILINE)


class NoSuchRevision(PlanariaError):
    """Git does not know what changed since a revision."""

    code = "PLN-J107"
    what = "what changed since {revision} is not known: {text}"
    why = "git tells it, for files that it tracks"
    fix = "name a revision that `git rev-parse` knows, such as HEAD or origin/main"


def changed_lines(root: Path, revision: str, files: Sequence[str]) -> dict[str, set[int]]:
    """Return the lines of each file that are not as they were, in the working tree; a file that git does not track is new as a whole.

    Raises:
        NoSuchRevision: PLN-J107.
    """
    # relative names, no colours, no drivers: what a user's settings of git would change
    told = _git(
        root,
        revision,
        "-c",
        "core.quotePath=false",
        "diff",
        "--relative",
        "--no-ext-diff",
        "--no-color",
        "--unified=0",
        revision,
        "--",
        *files,
    )
    found: dict[str, set[int]] = {}
    for part in re.split(r"^diff --git ", told, flags=re.MULTILINE)[1:]:
        named = FILE.search(part)
        if named is not None and named[1]:
            lines = found.setdefault(named[1], set())
            for start, count in HUNK.findall(part):
                lines |= set(range(int(start), int(start) + int(count or 1)))
    for name in _git(root, revision, "ls-files", "--others", "--", *files).splitlines():
        found[name] = set(range(1, 1 + len((root / name).read_text(encoding="utf-8").splitlines())))
    return found


def _git(root: Path, revision: str, *command: str) -> str:
    if revision.startswith("-"):
        raise NoSuchRevision(revision=revision, text="a revision does not begin with a dash")
    try:
        asked = ("git", "-c", "core.quotePath=false", *command)
        ended = subprocess.run(asked, cwd=root, capture_output=True, encoding="utf-8", check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoSuchRevision(revision=revision, text=str(error)) from error
    if ended.returncode:
        raise NoSuchRevision(revision=revision, text=ended.stderr.strip() or f"git ended with {ended.returncode}")
    return ended.stdout
