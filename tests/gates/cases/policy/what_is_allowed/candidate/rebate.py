import dataclasses
import enum
import logging
import os.path
import random
import re
import sys
from typing import TYPE_CHECKING

import msgspec

from cells.stock.contract import Stock

if TYPE_CHECKING:
    from collections.abc import Iterable

try:
    import tomllib
except ImportError:
    tomllib = None

WORD = re.compile(r"\w+")
LIMITS = {name: len(name) for name in ("a", "bc")}
log = logging.getLogger("cart")
HIGH = sys.maxsize


class Kind(enum.Enum):
    FEW = 1


@dataclasses.dataclass(frozen=True)
class Range:
    least: int
    def __eq__(self, other):
        return self.least == other.least


class Odd(ValueError):
    def __str__(self):
        return "odd"


def joined(first, second):
    return os.path.join(first, second), getattr(first, "name", None), msgspec.json.encode(second)


def shuffled(items, seed):
    own = random.Random(seed)
    own.shuffle(items)
    items[0] = Stock
    return items


def per_cent(pieces):
    return 5 if pieces >= 10 else 0
