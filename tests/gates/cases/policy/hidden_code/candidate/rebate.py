import asyncio
import json
import os
import sys
import time
from math import *


def hidden(text, name):
    exec(text)
    eval(text)
    compile(text, "x", "exec")
    __import__(text)
    getattr(os, name)
    getattr(text, "__globals__")
    text.__class__.__subclasses__()
    globals()
    sys.modules["x"] = text
    module = os
    print(text)
    time.sleep(3)
    asyncio.run(text)
    os._exit(0)
    return __builtins__, module


def per_cent(pieces):
    return 5 if pieces >= 10 else 0
