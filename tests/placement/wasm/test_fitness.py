import pytest

from planaria.placement.wasm.fitness import MODULES, unfit


@pytest.mark.parametrize(
    "source,says",
    [
        ("import numpy.linalg", "no module 'numpy.linalg'"), ("from lxml import etree", "no module 'lxml'"), ("import ctypes", "'ctypes'"),
        ("import threading", "one thread"), ("from concurrent.futures import ThreadPoolExecutor", "one thread"),
        ("import subprocess", "no programs"), ("import socket as s", "open_connection"), ("open('a')", "no files"),
        ("import time as t\nt.sleep(1)", "__init__.py:2: `t.sleep`"), ("from time import sleep\nsleep(1)", "cannot wait"),
        ("import os\nos.system('a')", "no programs"), ("import msgspec.json", "`msgspec.json`"), ("import asyncio\nasyncio.run(x())",
        "await it"),
        ("x = (", "not Python"), ("\0", "not Python"),
    ],
)  # fmt: skip
def test_names_what_no_guest_can_do_and_the_cure(source, says):
    (problem,) = unfit({"__init__.py": source.encode()})
    assert says in problem
    assert problem.startswith("__init__.py")


@pytest.mark.parametrize(
    "source",
    [
        "import json, re, asyncio, html.parser, decimal", "from cells.shop.contract import Shop\nfrom planaria import uses",
        "import msgspec",
        "from . import inner\nfrom .inner import open", "try:\n    import lxml\nexcept ImportError:\n    lxml = None", "import ssl",
        "def open_door(): pass\nopen_door()", "from shop.contract import Shop",
    ],
)  # fmt: skip
def test_lets_pass_what_a_guest_can_do(source):
    assert unfit({"__init__.py": source.encode()}, also=["shop.contract"]) == []


def test_names_native_extensions_and_leaves_other_files_alone():
    problems = unfit({"a.so": b"", "words.txt": b"import numpy", "__init__.py": b""})
    assert problems == ["a.so: a guest loads no native extension: do without, or place it as 'process'"]


def test_each_module_is_named_once():
    assert len(MODULES) == len(set(MODULES))
