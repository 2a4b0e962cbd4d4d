"""Pages to read, with no network: the standard library's own reference, served by pydoc's HTTP server on loopback.

Why: the reading room is shown and tested on pages that no one here wrote, from a server that no one here wrote, and
every machine with Python has both.
Not here: fetching and parsing them, which is the intake's work.
"""

import contextlib
import dataclasses
import queue
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from typing import IO

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
READY = re.compile(r"Server ready at (http://127\.0\.0\.1:\d+/)")
LINK = re.compile(r'href="([^"]+)"')
MODULE = re.compile(r"(?!xx)[a-z][A-Za-z0-9_]*\.html")
TOPIC = re.compile(r"topic\?key=\w+")
UNWELCOME = frozenset({"antigravity", "idlelib", "index", "keywords", "test", "this", "topics", "turtledemo"})
"""Pages of pydoc that list other pages, and modules whose import opens a browser, prints, or needs a display."""


class DidNotStart(RuntimeError):
    """Pydoc's server did not say in time that it is ready."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A running server: its root address and the addresses of its pages, topics of the language first."""

    root: str
    addresses: tuple[str, ...]


@contextlib.contextmanager
def served() -> Iterator[Corpus]:
    """Serve the reference on a free port until the block ends; the server also ends when this process dies.

    It serves one request at a time, keeps five waiting, and imports a module when its page is asked for: ask for each
    page once, and for four at a time. It runs
    without site packages, in an empty folder, and ends when its standard input closes.

    >>> with served() as corpus:
    ...     len(corpus.addresses) > 200, corpus.root + "heapq.html" in corpus.addresses
    (True, True)
    """
    with tempfile.TemporaryDirectory(prefix="pydoc-") as folder:
        server = subprocess.Popen(
            [sys.executable, "-I", "-S", "-u", "-W", "ignore", "-m", "pydoc", "-n", "127.0.0.1", "-p", "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=folder,
            env={"HOME": folder, "BROWSER": "true", "PYTHON_COLORS": "0"},
        )
        assert server.stdout is not None, "the server's output is piped"
        try:
            root = _root(server.stdout)
            yield Corpus(root=root, addresses=tuple(_addresses(root)))
        finally:
            server.kill()
            server.communicate(timeout=STOP_TIMEOUT_S)


def _root(output: IO[str]) -> str:
    """Wait for the server's address, and go on reading, since a module may print when it is imported."""
    roots: queue.SimpleQueue[str] = queue.SimpleQueue()

    def drain() -> None:
        with contextlib.suppress(ValueError):  # closed at the end
            for line in output:
                if found := READY.search(line):
                    roots.put(found[1])

    threading.Thread(target=drain, name="pydoc-output", daemon=True).start()
    try:
        return roots.get(timeout=START_TIMEOUT_S)
    except queue.Empty:
        raise DidNotStart from None


def _addresses(root: str) -> Iterator[str]:
    for listing, wanted in (("topics.html", TOPIC), ("index.html", MODULE)):
        with urllib.request.urlopen(root + listing, timeout=START_TIMEOUT_S) as answer:  # noqa: S310 - http on loopback
            page = answer.read().decode("utf-8", "replace")
        for link in dict.fromkeys(LINK.findall(page)):
            if wanted.fullmatch(link) and link.removesuffix(".html") not in UNWELCOME:
                yield root + link
