"""Polyglot: one contract, implemented in Python, in C and in JavaScript.

Why: a contract says nothing about a language, so the same suite passes for all three, and callers cannot tell.
The cell `spelling` runs in Python as it stands here. To run it in C or JavaScript, build a component into a folder, place the
cell by `system.place(Spelling, "wasm")`, and make that folder its implementation:

    python cells/spelling/c/build.py cells/spelling/impl/spelling.wasm      (and remove __init__.py there)
"""

from cells.lexicon.contract import Lexicon
from cells.spelling.contract import Spelling
from planaria import System

system = System("polyglot")
system.add(Lexicon)
system.add(Spelling, uses=(Lexicon,))
