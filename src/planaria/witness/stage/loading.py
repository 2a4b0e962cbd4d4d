"""Loading: the modules of a version, imported from its folder as often as a script wants them new.

Why: one module that cannot be imported, ends or hangs as it is leaves the others to be compared; and a state that begins anew is had
in a tenth of the time of a new process, since nothing is compiled twice.
Not here: names of packages that are not installed (`absent`).
"""

import functools
import importlib
import os
import sys
from collections.abc import Collection, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from typing import Any

from planaria.witness.stage.absent import Absent

ABSENT_MAX = 12


class Loading:
    """Import modules from a folder; which packages were `absent` is known afterwards.

    >>> Loading("/srv/old/", ["shop", "shop.cart"]).names()
    {}
    """

    def __init__(self, folder: str, modules: Sequence[str]) -> None:
        self.folder, self.modules = folder, modules
        self.absent: set[str] = set()

    @functools.cached_property
    def roots(self) -> Collection[str]:
        """Return the names under which the version's own modules are found."""
        return {one.partition(".")[0] for one in os.listdir(self.folder)}  # noqa: PTH208 - names are all that is needed

    def begin(self) -> None:
        """Let modules be found in the folder before all others, also where this process has others of their names."""
        for name in [one for one in sys.modules if one.partition(".")[0] in self.roots and one not in sys.builtin_module_names]:
            del sys.modules[name]
        sys.path.insert(0, self.folder)
        sys.path_hooks.insert(0, self._found)

    def _found(self, path: str) -> FileFinder:
        if not f"{path}/".startswith(self.folder):
            raise ImportError(path)
        return FileFinder(path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_Source, [".py"]))

    def imported(self, name: str) -> Exception | None:
        """Import a module; a package that is not installed is stood in for, which fails where it is used."""
        for _ in range(ABSENT_MAX):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                root = str(error.name or "").partition(".")[0]
                if not root or root in self.absent or root in self.roots:
                    return error
                self.absent.add(root)
                if len(self.absent) == 1:
                    sys.meta_path.append(Absent(self.absent))
            except Exception as error:  # noqa: BLE001 - one module that cannot be imported leaves the others
                return error
            else:
                return None
        return None

    def is_own(self, module: Any) -> bool:
        """Say whether a module's file lies in the folder."""
        return str(getattr(module, "__file__", None) or "").startswith(self.folder)

    def forget(self) -> None:
        """Take back every module of the version, whether it was asked for or imported by another."""
        for name, module in [*sys.modules.items()]:
            if self.is_own(module):
                del sys.modules[name]

    def names(self, *, bare: bool = False) -> dict[str, Any]:
        """Return what scripts find: roots of dotted paths, or (`bare`) what the modules hold."""
        loaded = {name: sys.modules[name] for name in self.modules if self.is_own(sys.modules.get(name))}
        if bare:
            return {name: one for module in loaded.values() for name, one in vars(module).items() if not name.startswith("__")}
        return {root: _Dotted(root) for root in {name.partition(".")[0] for name in loaded}}


class _Dotted:
    """A module as the start of a dotted path, in which modules come before what a package binds to the same name.

    What has moved within its package is taken from a package above, where that still gives it.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        below = f"{self._path}.{name}"
        if below in sys.modules:
            return _Dotted(below)
        above = self._path.split(".")
        holders = (sys.modules.get(".".join(above[:count])) for count in range(len(above), 0, -1))
        holder = next((one for one in holders if hasattr(one, name)), sys.modules[self._path])
        return getattr(holder, name)


class _Source(SourceFileLoader):
    """A loader that compiles a file once."""

    def source_to_code(self, data: Any, path: Any, **_: Any) -> Any:  # type: ignore[override]  # no mode but the usual is asked for
        return _code(bytes(data), str(path))


@functools.lru_cache(maxsize=1024)
def _code(content: bytes, path: str) -> Any:
    return compile(content, path, "exec", dont_inherit=True)
