"""The arsenal: the generation of the target for one theme of attacks, in a folder of its own.

Why: a placement loads a generation whole, and hundreds of attacks are each tried in a new worker; so each gets the file of its
theme and what that needs, and no more.
Not here: what the attacks are (`catalogue`), running them (`host`).
"""

import ast
from pathlib import Path

from planaria.attack.catalogue import SOURCES
from planaria.attack.disguise import disguised
from planaria.kernel.loader import Generation, generation_at

ALWAYS = ("__init__", "means")


def needed(theme: str) -> tuple[str, ...]:
    """Return the modules that the attacks of a theme consist of.

    >>> needed("egress")
    ('__init__', 'channel', 'egress', 'means')
    """
    found, pending = set(ALWAYS), [theme]
    while pending:
        found.add(module := pending.pop())
        nodes = (node for node in ast.walk(ast.parse((SOURCES / f"{module}.py").read_text())) if isinstance(node, ast.ImportFrom))
        pending += [node.module for node in nodes if node.level == 1 and node.module is not None and node.module not in found]
    return tuple(sorted(found))


def armed(theme: str, folder: Path, *, hidden: bool) -> Generation:
    """Return the target's generation for a theme, written below `folder` where it is not there yet; `hidden` disguises it."""
    own = folder / theme
    if not own.is_dir():
        own.mkdir(parents=True)
        for name in needed(theme):
            source = (SOURCES / f"{name}.py").read_text()
            (own / f"{name}.py").write_text(disguised(source) if hidden else source)
    return generation_at("target", own)
