"""Tokens, estimated without a vocabulary.

Why: a budget must be kept offline and for any model. Figures: bytes per token of Python 4.3, JSON 2.8, Markdown 3.5, measured
with a current vocabulary; the estimate divides by less, so that it errs on the side of too many.
Not here: prices and exact counts (they belong to a model's adapter).
"""

import math

BYTES_PER_TOKEN = {"python": 4.0, "json": 2.6, "markdown": 3.0}


def tokens_in(text: str, language: str = "markdown") -> int:
    """Estimate the tokens of a text, rounded up.

    >>> tokens_in("def f(): ...", "python")
    3
    """
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN.get(language, BYTES_PER_TOKEN["markdown"]))
