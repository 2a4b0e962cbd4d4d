"""`planaria new NAME`: write a system of two cells that runs and passes its own tests.

Why: the first system is changed, not written: everything that a system has is in it once, small.
Not here: what is written, which stands as it is in `template/`.
"""

import argparse
import re
from pathlib import Path

from planaria.cli.command import OK, Command
from planaria.cli.terminal import BOLD, Terminal

TEMPLATE = Path(__file__).parent / "template"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
SUFFIX = ".txt"


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the new folder, and the system's name: lower-case letters, digits, - and _")


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    files = write_system(Path.cwd(), given.name)
    terminal.give({"ok": True, "root": str(Path.cwd() / given.name), "files": files})
    terminal.say(f"{terminal.colour(given.name, BOLD)}: {len(files)} files, two cells: stock and cart")
    terminal.say(f"  next  cd {given.name} && planaria check && planaria up")
    return OK


def write_system(directory: Path, name: str) -> list[str]:
    """Write the system into the new folder `directory/name`, all of it or nothing, and return its files.

    Raises:
        NameWrong, TargetExists: PLN-U104, PLN-U103.

    >>> import tempfile
    >>> write_system(Path(tempfile.mkdtemp()), "shop")[:2]
    ['.gitignore', 'README.md']
    """
    import shutil

    from planaria.cli.error import NameWrong, TargetExists

    if not NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_0123456789")[:64]
        raise NameWrong(name=name, better=better or "shop")
    target = directory / name
    if target.exists() or target.is_symlink():
        raise TargetExists(target=str(target))
    partial = directory / f".{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        files = sorted(_write(file, partial, name) for file in TEMPLATE.rglob(f"*{SUFFIX}"))
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return files


def _write(file: Path, root: Path, name: str) -> str:
    relative = str(file.relative_to(TEMPLATE)).removesuffix(SUFFIX)
    (root / relative).parent.mkdir(parents=True, exist_ok=True)
    (root / relative).write_text(file.read_text(encoding="utf-8").replace("{{name}}", name), encoding="utf-8")
    return relative


COMMAND = Command("new", "write a new system of two cells that runs and passes its own tests", "planaria new shop", _options, _run)
