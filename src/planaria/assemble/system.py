"""Loading a user's system: its root goes first on the path, and its system.py is run.

Why: contracts import as `cells.NAME.contract`, in a system and in its tests alike, so a contract is one class in one
process. Where one process loads two systems (tests do), a cell of one never answers under the name of the other's.
Not here: running it (`life`).
"""

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

from planaria.assemble.error import BrokenSystemFile, NoSystem, SystemFileWithoutSystem
from planaria.kernel.error import PlanariaError
from planaria.kernel.system import System, SystemProblems

FILE = "system.py"
MODULE = "planaria_system"
LEAST = {"concurrency": 1, "queue": 0, "restarts": 0, "restarts_within_s": 0, "drain_s": 0}
_ASIDE: dict[Path, dict[str, ModuleType]] = {}


def root_above(directory: Path) -> Path:
    """Return the nearest folder, `directory` or one above it, that holds a system.py.

    Raises:
        NoSystem: PLN-L201.

    >>> root_above(Path("/"))
    Traceback (most recent call last):
    ...
    planaria.assemble.error.NoSystem: PLN-L201: there is no system at /
      why: neither it nor a folder above it holds a system.py
      fix: go to a system's folder, or name it with --root; `planaria new shop` writes one
    """
    here = directory.resolve()
    for one in (here, *here.parents):
        if (one / FILE).is_file():
            return one
    raise NoSystem(directory=str(here))


def system_at(root: Path, *, text: str | None = None) -> System:
    """Load the system whose system.py is in `root`; each call runs it anew, contracts are imported once.

    `text` stands for the file: what it would be once it is written.

    Raises:
        NoSystem, BrokenSystemFile, SystemFileWithoutSystem: PLN-L201, PLN-L202, PLN-L203; or what the composition
            raises, such as ContractProblems (PLN-C101) and SystemProblems (PLN-L103).
    """
    root = root.resolve()
    file = root / FILE
    if not file.is_file():
        raise NoSystem(directory=str(root))
    _come_first(root)
    module = ModuleType(MODULE)
    module.__file__ = str(file)
    try:
        exec(compile(file.read_bytes() if text is None else text, str(file), "exec"), module.__dict__)  # noqa: S102 - the user's own
    except PlanariaError:
        raise
    except (Exception, SystemExit) as error:
        raise _broken(file, error) from error
    found = getattr(module, "system", None)
    if not isinstance(found, System):
        raise SystemFileWithoutSystem(file=str(file), found=type(found).__name__ if found is not None else "nothing of that name")
    problems = [
        f"cell '{plan.name}': {limit} is {getattr(plan, limit)}, at least {least} is needed"
        for plan in found.cells.values()
        for limit, least in LEAST.items()
        if getattr(plan, limit) < least
    ]
    if problems:
        raise SystemProblems.of(f"system '{found.name}'", problems)
    return found


def _come_first(root: Path) -> None:
    """Put `root` first on the path, and set aside loaded cells of other systems that have names of this one's."""
    if sys.path[:1] != [str(root)]:
        sys.path[:] = [str(root), *(one for one in sys.path if one != str(root))]
        importlib.invalidate_caches()
    names = {one.name for one in (root / "cells").iterdir() if one.is_dir()} if (root / "cells").is_dir() else set()
    for name, module in list(sys.modules.items()):
        parts = name.split(".")
        if parts[0] != "cells" or not names.intersection(parts[1:2]):
            continue
        other = _root_of(module, depth=len(parts))
        if other is not None and other != root:
            _ASIDE.setdefault(other, {})[name] = sys.modules.pop(name)
    sys.modules.update(_ASIDE.pop(root, {}))


def _root_of(module: ModuleType, *, depth: int) -> Path | None:
    place = getattr(module, "__file__", None)
    if place is None:
        first = next(iter(getattr(module, "__path__", ())), None)
        return None if first is None else Path(first).resolve().parents[depth - 1]
    file = Path(place).resolve()
    return file.parents[depth if file.name == "__init__.py" else depth - 1]


def _broken(file: Path, error: BaseException) -> BrokenSystemFile:
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "importlib" not in one.filename and __file__ != one.filename]
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(file)
    if isinstance(error, SyntaxError):
        place = f"{error.filename}:{error.lineno}"
    return BrokenSystemFile(file=str(file), error=type(error).__name__, text=str(error), place=place)
