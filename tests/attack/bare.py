"""Runs one attack in a plain process, without any sandbox, to see that it is real: `python bare.py THEME.NAME < facts.json`.

Why: an attack that reaches nothing where nothing holds it would be stopped by anything, and its being stopped says nothing.
"""

import inspect
import json
import os
import sys

from planaria.attack.target.impl import found
from planaria.attack.target.impl.means import told


async def awaited(made):
    return await made


def main() -> None:
    facts = json.loads(sys.stdin.read())
    os.setsid()
    try:
        made = found(sys.argv[1])(facts)
        if inspect.isawaitable(made):
            import asyncio

            made = asyncio.run(awaited(made))
        outcome, detail = "through", told(made)
    except BaseException as error:
        outcome, detail = "stopped", told(error)
    sys.stdout.write(json.dumps([outcome, detail]) + "\n")
    sys.stdout.flush()
    os._exit(0)


main()
