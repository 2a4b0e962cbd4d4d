"""Nothing."""

from .rebate import per_cent
