"""The rebate."""


def per_cent(pieces):
    return 5 if 10 <= pieces < 100 else pieces >= 100
