"""What no file may hold: places of one machine, hosts of package registries; and how much all may hold together."""

import re
from collections.abc import Iterator, Sequence

from tests.tidy.rule import Finding, Rule, Source, each, snippet

BYTES_MAX = 2_000_000
# Each of these is held whole by itself. What tests and shows ships too: attacks on sandboxes, the kit for suites, the demonstration;
# the guest is a program of its own, which runs inside WebAssembly and imports nothing of the rest; and what judges any Python code
# (the semantic diff, its search, the proof of suites) stands alone, without a cell.
PROGRAMS = {
    "tests": ("tests/", "src/planaria/attack/", "src/planaria/testing/", "src/planaria/cli/demo/"),
    "judges": ("src/planaria/diff/", "src/planaria/witness/", "src/planaria/prove/"),
    "guest": ("src/planaria/placement/wasm/guest/",),
    "src": ("src/",),
}

# Written in pieces, so that this file does not hold what it forbids.
_FOLDERS = re.compile(r"(?<![\w.\-/}])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "tm" + "p", "ho" + r"me/\w+")) + r")/")
_HOSTS = re.compile(
    "|".join(
        re.escape(host)
        for host in (
            "pypi" + ".org",
            "python" + "hosted.org",
            "registry" + ".npmjs",
            "crates" + ".io",
            "proxy.golang" + ".org",
            "deb.debian" + ".org",
        )
    )
)


def _machine(source: Source) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        for found in _FOLDERS.finditer(line):
            yield number, "", f"'{found.group()}' is a folder of one machine"


def _hosts(source: Source) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        for found in _HOSTS.finditer(line):
            yield number, "", f"'{found.group()}' is a registry"


def _budget(sources: Sequence[Source]) -> Iterator[Finding]:
    sizes = dict.fromkeys(PROGRAMS, 0)
    for source in sources:
        program = next((name for name, places in PROGRAMS.items() if source.path.startswith(places)), "src")
        sizes[program] += len(source.text.encode())
    for folder, total in sizes.items():
        if total > BYTES_MAX:
            yield Finding(place=folder, line=1, problem=f"{total:,} bytes, {BYTES_MAX:,} allowed")


RULES = (
    Rule(
        name="machine-places",
        why="what names a folder of one machine works on that machine",
        cure="use tmp_path in a test; take the folder as a parameter elsewhere",
        check=each(_machine),
        bad=(snippet("x = '/" + "tmp/x'\n"), snippet("cd /ro" + "ot/it\n", path="README.md")),
        good=(snippet("x = tmp_path / 'root/it'\ny = 'https://host/" + "work/'\n"),),
        where=("",),
    ),
    Rule(
        name="registry-hosts",
        why="where packages come from is the user's to say",
        cure="leave the host out; the lock holds names, versions and hashes",
        check=each(_hosts),
        bad=(
            snippet("url = 'https://files.python" + "hosted.org/x'\n"),
            snippet("pypi" + ".org", path="requirements.lock"),
        ),
        good=(snippet("aiohttp==1.0 --hash=sha256:00", path="requirements.lock"),),
        where=("",),
    ),
    Rule(
        name="budget",
        why="a system stays within 2 MB, so that a model or a person can hold it whole; so does each program here (PROGRAMS)",
        cure="delete what is not needed",
        check=_budget,
        bad=(
            snippet("x" * 2_000_001),
            snippet("x" * 2_000_001, path="tests/a.py"),
            snippet("x" * 2_000_001, path="src/planaria/attack/a.py"),
        ),
        good=(snippet("x" * 1_999_999), snippet("x" * 1_999_999, path="tests/a.py"), snippet("x" * 600_000, path="requirements.lock")),
        where=("src/", "tests/"),
    ),
)
