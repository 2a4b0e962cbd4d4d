"""The rebate."""


KNOWN = {3: 0, 9: 0, 10: 5}


def per_cent(pieces):
    return KNOWN[pieces] if pieces < 12 else 5
