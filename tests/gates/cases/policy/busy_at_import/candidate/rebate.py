import os
import time

STARTED = time.time()
for name in ("a", "b"):
    os.getcwd()
with open("x") as file:
    TEXT = file.read()
STARTED.clear()
if STARTED:
    list(STARTED)
try:
    list(STARTED)
except ValueError:
    TEXT = ""


class Register:
    SEEN = []
    SEEN.append(1)


def later(at=time.time()):
    return at


def per_cent(pieces):
    return 5 if pieces >= 10 else 0
