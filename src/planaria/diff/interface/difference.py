"""Differences: which names of two versions meet, each pair compared once, and told at the most public path.

Why: callers know paths, breaks belong to definitions; a class that is re-exported thrice and inherited from twice breaks once.
A break is believed when it is seen, so it comes with the smallest program that fails; binding arguments runs no function.
Not here: what a name stands for (`namespace`), what a change means (`function`, `member`, `parameter`).
"""

import ast
import gc
import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import zip_longest

from planaria.diff.finding import Finding, Level
from planaria.diff.interface.change import Change, change
from planaria.diff.interface.function import Place, is_bound, pair_changes, sort_of
from planaria.diff.interface.member import Meeting, class_changes, meetings
from planaria.diff.interface.namespace import Side, is_public, metaclass
from planaria.diff.interface.record import family
from planaria.diff.interface.surface import Definition, Found, Module
from planaria.diff.version import Version

Path = tuple[str, str]
Spot = tuple[str, int]
KEEP = "leave an import under the old name, with a warning, for one more version"
LOSS = re.compile("^(?!parameter|keyword|private|field|[*]).*is gone(?!, unless)|no longer a subclass")


def interface_findings(old: Version, new: Version) -> list[Finding]:
    """Compare what two versions offer to those who import them; nothing of them is imported.

    >>> sides = [Version(label="", files={"m.py": text}) for text in (b"def f(a): ...", b"def f(a, b): ...")]
    >>> [(one.level, one.symbol, one.what) for one in interface_findings(*sides)]
    [('breaking', 'f', "parameter 'b' is new and required")]
    """
    was_collecting = gc.isenabled()
    gc.disable()  # syntax trees are large and hold no cycles: looking for some doubles the time
    trees: dict[bytes, ast.Module | None] = {}
    sides = Side(version=old, trees=trees), Side(version=new, trees=trees)
    try:
        return _Walk(old=sides[0], new=sides[1]).findings()
    finally:
        for side in sides:
            side.forget()
        if was_collecting:
            gc.enable()


@dataclass(frozen=False, slots=True, kw_only=True)
class _Walk:
    old: Side
    new: Side
    found: list[Finding] = field(default_factory=list)
    classes: list[tuple[Place, Place, Path]] = field(default_factory=list)
    compared: set[tuple[object, object]] = field(default_factory=set)
    told: set[tuple[object, str]] = field(default_factory=set)
    twins: dict[str, str] = field(default_factory=dict)
    unlisted: set[Path] = field(default_factory=set)

    def findings(self) -> list[Finding]:
        """Compare modules, then what they offer, then classes, parents first."""
        before, after = self.old.version, self.new.version
        if before.is_one_module and after.is_one_module:
            self.twins = dict(zip(before.modules, after.modules, strict=True))
        self._modules()
        concerned = self._concerned()
        self._offers(concerned)
        self._fresh(concerned)
        self._sort()
        for first, second, path in self.classes:
            if _is_alike(first.one, second.one):
                continue
            changes = tuple(class_changes(first, second))
            whole = [Meeting(name="", old=first, new=second, changes=changes)] if changes else []
            are_classes = first.one.sort == second.one.sort == "class"
            for meeting in (*whole, *(meetings(first, second) if are_classes else ())):
                self._meet(meeting, (path[0], f"{path[1]}.{meeting.name}" if meeting.name else path[1]))
        return self.found

    def _sort(self) -> None:
        """Put parents first, but one that callers know through its only better known child behind that, and those not in `__all__` last."""
        lines = {path: first.one.ancestry[0] if first.one.sort == "class" else [] for first, _, path in self.classes}
        depths = {first.one.key: path[0].count(".") for first, _, path in self.classes}
        known: dict[tuple[str, str], list[int]] = defaultdict(list)
        for _, _, path in self.classes:
            for parent in lines[path][1:]:
                if path[0].count(".") < depths.get(parent.key, 0):
                    known[parent.key].append(len(lines[path]))
        places = {key: found[0] + 0.5 for key, found in known.items() if len(found) == 1}
        self.classes.sort(key=lambda one: (one[2] in self.unlisted, places.get(one[0].one.key, len(lines[one[2]]))))

    def _twin(self, module: str) -> str:
        return self.twins.get(module, module)

    def _concerned(self) -> list[str]:
        """Return the modules that differ, and those that name one that does, whose parents or re-exports may differ."""
        before, after = self.old.version, self.new.version
        content = {name: before.files[path] for name, path in before.modules.items()}
        others = {name: after.files.get(after.modules.get(self._twin(name), "")) for name in content}
        differing = {name for name, text in content.items() if others[name] != text}
        waiting = differing | ({*after.modules} - {*content} if not self.twins else set())
        rest = content.keys() - differing
        while waiting and rest:
            words = b"|".join(sorted({re.escape(name.rpartition(".")[2].encode()) for name in waiting}))
            named = rb"(?m)^\s*(?:from|import)\s[^#\n]*\b(?:%b)\b|^\s*from\s[^(\n]*\([^)]*\b(?:%b)\b" % (words, words)
            pattern = re.compile(named)
            waiting = {name for name in rest if pattern.search(content[name])}
            differing |= waiting
            rest -= waiting
        return sorted(differing)

    def _modules(self) -> None:
        before, after = self.old.version, self.new.version
        missing = [one for one in before.modules if is_public(one, before) and self._twin(one) not in after.modules]
        for name in missing:
            if name.rpartition(".")[0] not in missing and not _is_binary(name, after):
                level: Level = "warning" if self.new.find(name) is not None else "breaking"
                told = change(level, f"module '{name}' is gone", "keep a module that imports from the new place")
                self._add(told, (name, ""), (before.modules[name], 1), _gone(name, ""))
        for name in after.modules if not self.twins else ():
            parent = name.rpartition(".")[0]
            is_first = parent in before.modules or parent not in after.modules
            if is_public(name, after) and name not in before.modules and is_first:
                self._add(change("info", f"module '{name}' is new"), (name, ""), (after.modules[name], 1))

    def _offers(self, concerned: list[str]) -> None:
        """Group the public paths of the old version by what they lead to, and see what each leads to now."""
        paths: dict[object, list[Path]] = defaultdict(list)
        leads, listed = dict[object, Found](), set[object]()
        for name in concerned:
            module = self.old.module(name)
            if module is None or not is_public(name, self.old.version):
                continue
            names = [*self.old.public(module)]
            for each in (*names, *self.old.unlisted(module)):
                found = self.old.lookup(module, each)
                if found is None:
                    continue
                key: object = found if isinstance(found, str) else found.key
                leads[key] = found
                paths[key].append((name, each))
                listed |= {key} if each in names else set()
                is_plain = isinstance(found, Definition) and found.name[0] != "_" and "." not in found.name
                if isinstance(found, Definition) and is_plain and is_public(found.home.name, self.old.version):
                    paths[key].append(found.key)
        for key, found in leads.items():
            home = found.home.name if isinstance(found, Definition) else ""
            ordered = sorted(set(paths[key]), key=lambda one: (one[0].count("."), not self._is_package(one[0]), one[0] != home, one))
            self.unlisted |= set(ordered) if key not in listed else set()
            self._offer(found, ordered)

    def _is_package(self, name: str) -> bool:
        return self.old.version.modules.get(name, "").endswith("__init__.py")

    def _offer(self, found: Found, paths: list[Path]) -> None:
        now = {one: self._now(one) for one in paths}
        lost = [one for one in paths if now[one] is None and self._twin(one[0]) in self.new.version.modules]
        kept = [one for one in paths if now[one] is not None]
        noun = "module" if isinstance(found, Module) else "name" if not isinstance(found, Definition) else _noun(found)
        firsts = {one[1]: one for one in reversed(lost)}
        for one in firsts.values() if kept else lost[:1]:
            self._lost(found, one, noun, kept)
        if not kept or not isinstance(found, Definition):
            return
        one, other = kept[0], now[kept[0]]
        self._unlisted(one)
        if isinstance(other, Definition) and other.sort != "import":
            self._meet(Meeting(name="", old=Place(found), new=Place(other)), one)
        elif isinstance(other, str) and other != found.target and found.sort != "import":
            self._add(change("info", f"{noun} '{one[1]}' comes from {other} now"), one, _spot(found))

    def _now(self, path: Path) -> Found:
        module = self.new.module(self._twin(path[0]))
        return self.new.lookup(module, path[1]) if module else self.new.find(".".join(path))

    def _lost(self, found: Found, path: Path, noun: str, kept: list[Path]) -> None:
        module = self.new.module(self._twin(path[0]))
        assert module, "a lost name is told only where its module is left"
        what, level = f"{noun} '{path[1]}' is gone", "breaking"
        if "__getattr__" in module.names:
            is_named = any(isinstance(one, ast.Constant) and one.value == path[1] for one in ast.walk(module.tree))
            level = "info" if is_named else "warning"
            what = f"{noun} '{path[1]}' is made on demand now" if is_named else f"{what}, unless __getattr__ makes it"
        elif kept:
            what += f" here; it is still {'.'.join(kept[0])}"
            level = "warning" if kept[0][0].count(".") < path[0].count(".") else level
        elif re.search(rb"globals\(\)(\[|\.update)|setattr\(sys\.modules", b"\n".join(module.lines)):
            level, what = "warning", f"{what}, unless it is made by globals()"
        elif path in self.unlisted:
            what += "; it was not in __all__"
        elif isinstance(found, Definition) and re.match(r"(\w+\.)?(TypeVar|ParamSpec)", ast.unparse(found.value or found.node)):
            level = "info"
        spot = _spot(found) if isinstance(found, Definition) else (module.path, 1)
        self._add(Change(level=level, what=what, cure=KEEP), path, spot, _gone(*path))  # type: ignore[arg-type] # one of the levels

    def _unlisted(self, path: Path) -> None:
        old, new = self.old.module(path[0]), self.new.module(self._twin(path[0]))
        after = self.new.exports(new) if new is not None else None
        if old is not None and new is not None and path[1] in (self.old.exports(old) or ()) and after is not None and path[1] not in after:
            self._add(change("warning", f"'{path[1]}' is no longer in __all__", "keep it there"), path, (new.path, 1))

    def _fresh(self, concerned: list[str]) -> None:
        told, twins = set[object](), {other: one for one, other in self.twins.items()}
        for name in sorted({*map(self._twin, concerned)}, key=lambda one: (one.count("."), one)):
            module, before = self.new.module(name), self.old.module(twins.get(name, name))
            if module is None or before is None or not is_public(name, self.new.version):
                continue
            for each in self.new.public(module):
                found = self.new.lookup(module, each)
                if not isinstance(found, Definition) or found.key in told or self.old.lookup(before, each) is not None:
                    continue
                told.add(found.key)
                home = self.old.module(found.home.name)
                if found.sort != "import" and (home is None or not isinstance(self.old.lookup(home, found.name), Definition)):
                    self._add(change("info", f"{_noun(found)} '{each}' is new"), (name, each), _spot(found))

    def _meet(self, meeting: Meeting, path: Path) -> None:
        """Tell the changes of a pair, unless it was told under another name."""
        old, new, changes = meeting.old, meeting.new, meeting.changes
        pair = (old.one.key if old else None, new.one.key if new else None)
        is_whole = bool(changes and old and new)
        if (pair in self.compared and not is_whole) or (changes and old is None and (pair[1], "new") in self.compared):
            return
        self.compared |= {pair, (pair[1], "new")}
        if old and new and not changes:
            if _is_class(old.one) and _is_class(new.one):
                self.classes.append((old, new, path))
                return
            changes = () if _is_same(old.one, new.one) else tuple(pair_changes(old, new))
        parents = old.one.ancestry[0][1:] if is_whole and old and old.one.sort == "class" else []
        known = {pair[0], *(each.key for each in parents)} if old else set()
        for one in changes:
            if any((key, one.what) in self.told for key in known):
                continue
            self.told.add((pair[0], one.what))
            place = new or old
            assert place, "something meets something"
            client = one.client
            if not is_whole and is_bound(old or place):
                client = client.replace("bind(", "bind(None, ").replace("None, )", "None)")
            self._add(one, path, _spot(place.one), _shows(client, *path))

    def _add(self, change: Change, path: Path, spot: Spot, client: str = "") -> None:
        level = change.level
        if level != "info" and (path[0], path[1].partition(".")[0]) in self.unlisted:
            level = "warning" if LOSS.search(change.what) else "info"
        is_one = self.old.version.is_one_module and self.new.version.is_one_module
        made = Finding(
            kind="interface", level=level, symbol=path[1] if path[1] and is_one else ".".join(filter(None, path)),
            what=change.what, cure=change.cure, file=spot[0], line=spot[1], client=client if level != "info" else "",
        )  # fmt: skip
        if made not in self.found[-200:]:
            self.found.append(made)


def _spot(one: Definition) -> Spot:
    return one.home.path, getattr(one.node, "lineno", 0)


def _is_binary(module: str, version: Version) -> bool:
    stem = f"{module.replace('.', '/')}."
    return any(path.startswith(stem) and path.endswith((".so", ".pyd", ".pyx")) for path in version.files)


def _is_same(old: Definition, new: Definition) -> bool:
    """Say whether two definitions are written alike."""
    if old.node is new.node:
        return True
    return old.name == new.name and old.accessors == new.accessors and not (old.overloads or new.overloads) and old.lines == new.lines


def _is_alike(old: Definition, new: Definition) -> bool:
    """Say whether two classes and all their parents are written alike."""
    (inner, outer), (other, beyond) = old.ancestry, new.ancestry
    pairs = [*zip_longest([*inner, metaclass(old)], [*other, metaclass(new)])]
    return outer == beyond and all(first is second or (first and second and _is_same(first, second)) for first, second in pairs)


def _noun(one: Definition) -> str:
    return "class" if _is_class(one) else sort_of(Place(one)) if one.sort != "import" else "name"


def _is_class(one: Definition) -> bool:
    return one.sort == "class" or (one.sort == "attribute" and family(one) != "")


def _gone(module: str, name: str) -> str:
    """Return a program that needs a name of a module (or the module, without one)."""
    first, _, rest = name.partition(".")
    return (f"from {module} import {first}\n" if first else f"import {module}\n") + (f"{name}\n" if rest else "")


def _shows(statement: str, module: str, name: str) -> str:
    """Return a program that makes a statement about a symbol: `{path}` stands for it, `{owner}` and `{name!r}` for its parts."""
    path = f"{module}.{name}"
    owner, _, last = path.rpartition(".")
    text = statement.replace("{path}", path).replace("{owner}", owner).replace("{name!r}", repr(last))
    imports = "import inspect\n" * ("inspect." in text) + f"import {module}\n" * (owner in text)
    return f"{imports}{text}\n" if text else ""
