"""Mutants that share a process get the verdicts that they get alone, whatever those before them leave behind."""

import asyncio
import textwrap

import pytest

from planaria.prove.measured import share
from planaria.prove.measured.share import NUMBER_BYTES, Share, can_share
from planaria.prove.measured.task import Task
from planaria.prove.run import Request, prove

CODE = '''
import threading
import time

known = {}
made = []


def price(number):
    """Remember what was worked out.

    >>> price(4)
    8
    """
    if number not in known:
        known[number] = number * 2
    return known[number]


def label(number):
    return str(price(number)) + " in all"


def make(name):
    made.append(name + "!")
    return len(made)


def waits(hold=False):
    if hold:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return hold


def spread(values):
    values[:] = [one + 1 for one in values]
    return sum(values)
'''
TESTS = """
import pytest
from shop import known, label, made, make, price, spread, waits

COMMON = [1, 2]


@pytest.fixture(scope="module")
def three():
    return price(3)


def test_price():
    assert price(2) == 4


def test_fixture(three):
    assert three == 6


def test_label():
    assert label(5) == "10 in all"


def test_label_again():
    assert label(5).endswith("all")


def test_made_once():
    make("first")
    assert made == ["first!"]


def test_made_first():
    assert make("a") == 1


def test_waits():
    assert waits() is False


def test_spread():
    assert spread(COMMON) == 5


def test_what_is_known():
    assert all(one * 2 == two for one, two in known.items())
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    root = tmp_path_factory.mktemp("shared")
    (root / "shop.py").write_text(textwrap.dedent(CODE))
    (root / "test_shop.py").write_text(textwrap.dedent(TESTS))
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--doctest-modules"\n')
    return root


def test_verdicts_are_those_of_mutants_that_are_alone(shop):
    """So many jobs that each gets a single mutant, beside one job, in which all share."""
    one, alone = (asyncio.run(prove(Request(path=shop / "shop.py", jobs=jobs, rounds=False))) for jobs in (1, 200))
    told = [{each.mutant.key: each.verdict for each in proof.mutants} for proof in (one, alone)]
    assert told[0] == told[1]
    assert {"killed", "survived"} <= {*told[0].values()}
    assert len(told[0]) > 20


class Suite:
    """Tests that say what the mutant that is on makes of them; those in `unclean` fail ever after their first failure."""

    def __init__(self, kills, unclean=()):
        self.kills, self.unclean, self.on, self.broken = kills, unclean, 0, set()
        self.switch, self.items = self, range(9)

    def forget(self):
        pass

    def turn_on(self, mutant, steps):
        self.on = mutant

    def run(self, item, following):
        result = "failed" if item in self.kills.get(self.on, ()) or item in self.broken else "passed"
        self.broken |= {item} & set(self.unclean) if result == "failed" else set()

        class Ran:
            pass

        Ran.result = result
        return Ran


class Lender:
    costs = [(0.0001, 0.0001, 1)] * 9

    def __init__(self, suite):
        self.suite, self.learned = suite, []

    def begin(self, task):
        pass

    def ordered(self, task):
        return list(task.tests)

    def learn(self, task, results):
        self.learned.append(task)


def shared(kills, unclean=(), numbers=(1, 2, 3)):
    tasks = [Task(id=number, mode="mutant", tests=(0, 1, 2)) for number in numbers]
    return Share(Lender(Suite(kills, unclean)), tasks).run()[0]


def test_a_kill_is_told_with_the_tests_up_to_it():
    assert shared({1: (1,), 2: (0,), 3: (2,)}) == [[0, 1], [0], [0, 1, 2]]


def test_what_lives_is_left_to_a_process_of_its_own():
    assert shared({1: (1,), 3: (0,)}) == [[0, 1], [], [0]]


def test_a_test_that_fails_without_a_mutant_too_decides_nothing_and_ends_the_process():
    assert shared({1: (1,), 2: (0,), 3: (0,)}, unclean=(1,)) == [[]]
    assert shared({1: (0,), 2: (1,), 3: (0,)}, unclean=(1,)) == [[0], []]


def test_the_first_kill_of_a_new_process_counts_though_it_spoils_the_process():
    assert shared({1: (0,), 2: (0,), 3: (0,)}, unclean=(0,)) == [[0]]


def test_a_kill_counts_at_once_where_its_test_has_just_passed():
    suite = Suite({1: (0,), 2: (0,), 3: (0,)})
    share = Share(Lender(suite), [Task(id=number, mode="mutant", tests=(0, 1)) for number in (1, 2, 3)])
    assert share.run()[0] == [[0]] * 3
    assert int.from_bytes(share.page[:NUMBER_BYTES]) == 6


def test_a_mutant_that_stands_still_is_ended(monkeypatch):
    monkeypatch.setattr(share, "STILL_S", 0.05)

    class Still(Suite):
        def run(self, item, following):
            while self.on == 2:
                pass
            return super().run(item, following)

    tasks = [Task(id=number, mode="mutant", tests=(0,)) for number in (1, 2, 3)]
    assert Share(Lender(Still({1: (0,), 2: (0,), 3: (0,)})), tasks).run()[0] == [[0], []]


def test_only_mutants_with_a_cheap_test_share():
    costs = [(0.2, 0.2, 9), (0.001, 0.001, 5)]
    assert can_share(Task(id=1, mode="mutant", tests=(0, 1)), costs)
    assert not can_share(Task(id=1, mode="mutant", tests=(0,)), costs)
    assert not can_share(Task(id=1, mode="mutant", tests=()), costs)
    assert not can_share(Task(id=1, mode="mutant", tests=(1,), each=True), costs)
    assert not can_share(Task(id=-1, mode="plain", tests=(1,)), costs)
