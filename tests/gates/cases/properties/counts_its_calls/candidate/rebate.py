"""The rebate."""

CALLS = []


def per_cent(pieces):
    CALLS.append(pieces)
    return 5 if pieces >= 10 and len(CALLS) < 6 else 0
