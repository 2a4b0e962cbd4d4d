"""The rebate."""

import os


def per_cent(pieces):
    os._exit(7)
