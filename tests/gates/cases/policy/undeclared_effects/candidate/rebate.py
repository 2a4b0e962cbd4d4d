import asyncio
import datetime as dt
import os
import random
import subprocess
import time
from pathlib import Path
from urllib import request


async def touch(address, path):
    time.time(), dt.datetime.now(), random.random(), os.environ["HOME"], os.urandom(3)
    await asyncio.open_connection(address, 80)
    open(path)
    open(path, "w")
    path.write_text("x")
    os.listdir(path)
    subprocess.run(["ls"])
    request.urlopen(address)
    clock = time.monotonic
    return Path(path), clock


def per_cent(pieces):
    return 5 if pieces >= 10 else 0
