"""The rebate."""


def per_cent(pieces):
    if pieces >= 10:
        return 5
    if pieces < 0:  # pragma: no cover
        return 1
    if pieces == 7:
        pieces += 1
    return 0


def unused():  # pragma: no cover
    first = 1
    second = 2
    return first + second
