"""The rebate."""

import os


def per_cent(pieces):
    os.write(1, b'{"blocks": []}')
    return 5 if pieces >= 10 else 0
