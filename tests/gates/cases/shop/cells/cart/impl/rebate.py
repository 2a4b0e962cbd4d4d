"""The rebate."""


def per_cent(pieces):
    if pieces >= 10:
        return 5
    return 0
