"""The corpus: real pages from a real server, which does not outlive its block."""

import urllib.error
import urllib.request

import corpus
import pytest


@pytest.fixture(scope="module")
def served():
    with corpus.served() as running:
        yield running


def read(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read().decode()


def test_lists_more_than_two_hundred_pages_each_once(served):
    assert len(served.addresses) > 200
    assert len(set(served.addresses)) == len(served.addresses)
    assert all(address.startswith(served.root) for address in served.addresses)


def test_lists_modules_and_topics_of_the_language(served):
    for name in ("asyncio.html", "heapq.html", "sys.html", "topic?key=LOOPING"):
        assert served.root + name in served.addresses


@pytest.mark.parametrize("name", ["antigravity", "this", "idlelib", "test", "index", "_abc", "xxsubtype", "pytest", "lxml"])
def test_leaves_out_what_lists_harms_or_is_not_of_the_library(served, name):
    assert f"{served.root}{name}.html" not in served.addresses


def test_serves_the_documentation_of_this_python(served):
    assert "Heap&nbsp;queue&nbsp;algorithm" in read(served.root + "heapq.html")


def test_the_server_ends_with_its_block():
    with corpus.served() as running:
        read(running.root)
    with pytest.raises(urllib.error.URLError):
        read(running.root)


def test_says_that_the_server_did_not_start(monkeypatch):
    monkeypatch.setattr(corpus, "READY", corpus.re.compile("never"))
    monkeypatch.setattr(corpus, "START_TIMEOUT_S", 0.01)
    with pytest.raises(corpus.DidNotStart), corpus.served():
        pass
