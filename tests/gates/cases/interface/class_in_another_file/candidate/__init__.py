"""The cart."""

from .inner.cell import CartCell
