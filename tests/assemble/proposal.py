"""Recorded proposals for the shop's stock: a refused one, and one that may go live."""

from pathlib import Path

COMMENT = "# Counts below zero are kept: they say how many are owed.\n"


def good(shop: Path) -> str:
    text = (shop / "cells" / "stock" / "impl" / "__init__.py").read_text()
    return text.replace("def count(tx, sku):", f"{COMMENT}def count(tx, sku):")


def bad(shop: Path) -> str:
    return good(shop).replace("from cells.stock", "import socket\n\nfrom cells.stock", 1)


def recorded(folder: Path, *texts: str) -> str:
    """Write proposals to a file and return the proposer that gives them."""
    parts = [f"## Attempt {number}\n\n```python impl/__init__.py\n{text}```\n" for number, text in enumerate(texts, start=1)]
    file = folder / "proposals.md"
    file.write_text("# Proposals\n\n" + "\n".join(parts))
    return f"recorded:{file}"
