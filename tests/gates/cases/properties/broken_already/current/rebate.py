"""The rebate."""

KNOWN = {3: 0, 9: 0}


def per_cent(pieces):
    return 5 if pieces >= 10 else KNOWN[pieces]
