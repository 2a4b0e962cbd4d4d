"""The rebate."""


def per_cent(pieces):
    return 5 if pieces > 10 else 0
