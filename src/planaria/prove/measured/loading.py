"""Loading: the files under proof are compiled with their mutants, wherever and however they are imported.

Why: no file is copied or changed, so the code keeps its place, its name and its neighbours, and whatever ends this process leaves the
source as it was.
Not here: the program itself (`prove.schemata`).
"""

import sys
from collections.abc import Callable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from planaria.prove.operator import OPERATORS
from planaria.prove.schemata import Default, Schemata, schemata


class Woven:
    """The files under proof, by their real paths, each compiled with its mutants."""

    def __init__(self, root: Path, files: Mapping[str, str], only: tuple[str, ...], *, reloads: bool) -> None:
        self.programs: dict[str, Schemata] = {}
        self.names: dict[str, str] = {}
        self.defaults: dict[int, tuple[str, Default]] = {}
        self.modules: dict[str, str] = {}
        # The defaults of a cell's operations are its contract's; those of its code count for nothing.
        operators = [one for one in OPERATORS if (not only or one.name in only) and not (reloads and one.name == "default")]
        first, function, note = 0, 0, -1
        for name, text in files.items():
            place = str((root / name).resolve())
            made = schemata(text, name, operators, place=place, first=first + 1, functions=function, note=note, reloads=reloads)
            first, function, note = first + len(made.mutants), function + len(made.functions), made.notes.next
            self.programs[place], self.names[place] = made, name
            self.defaults |= {number: (place, one) for number, one in made.defaults.items()}

    def install(self) -> None:
        """Let every import of these files give the program with the mutants."""
        loader: Any = SourceFileLoader
        plain: Callable[[Any, str], CodeType | None] = loader.get_code

        def get_code(self_: Any, fullname: str) -> CodeType | None:
            place = str(Path(self_.get_filename(fullname)).resolve())
            made = self.programs.get(place)
            if made is None:
                return plain(self_, fullname)
            self.modules[place] = fullname
            return made.code

        loader.get_code = get_code

    def set_default(self, number: int) -> None:
        """Give the function that a mutant is about its other default value."""
        place, default = self.defaults[number]
        found: Any = sys.modules.get(self.modules.get(place, ""))
        for part in default.function.split("."):
            found = vars(found).get(part) if found is not None else None
            while found is not None and not isinstance(found, FunctionType | type):
                found = next(
                    (vars_of(found, name) for name in ("__wrapped__", "__func__", "fget", "func") if vars_of(found, name) is not None), None
                )
        if not isinstance(found, FunctionType):
            return
        while hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        if default.keyword:
            found.__kwdefaults__ = {**(found.__kwdefaults__ or {}), default.keyword: default.value}
        else:
            given = list(found.__defaults__ or ())
            given[default.position] = default.value
            found.__defaults__ = tuple(given)


def vars_of(found: Any, name: str) -> Any:
    """Return an attribute, or None where there is none.

    >>> vars_of(1, "real"), vars_of(1, "unreal")
    (1, None)
    """
    return getattr(found, name, None)
