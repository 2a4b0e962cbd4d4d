"""The rebate."""


def per_cent(pieces):
    while True:
        pass
