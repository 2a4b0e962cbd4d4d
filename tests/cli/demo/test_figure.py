from planaria.cli.demo.figure import Waits, Window, p99_ms, swap_ratio

QUIET, SWAP = Window(0, 10), Window(10, 20)


def waits(quiet_s, swap_s, problem=""):
    return Waits(
        [(number / 101, quiet_s, "") for number in range(1000)] + [(10.1 + number / 102, swap_s, problem) for number in range(1000)]
    )


def test_a_percentile_of_nothing_is_nothing():
    assert p99_ms([]) == 0.0
    assert p99_ms([0.25]) == 250.0


def test_one_slow_answer_in_a_hundred_is_not_the_99th_percentile_and_two_are():
    assert p99_ms([0.001] * 99 + [1.0]) == 1000.0
    assert p99_ms([0.001] * 199 + [1.0]) == 1.0


def test_the_ratio_lays_each_swap_beside_its_quiet_and_takes_the_median():
    assert swap_ratio(waits(0.010, 0.030), [(QUIET, SWAP)]) == 3.0
    assert swap_ratio(waits(0.010, 0.030), [(QUIET, SWAP), (QUIET, QUIET), (SWAP, QUIET)]) == 1.0


def test_no_swap_at_all_is_no_good_ratio():
    assert swap_ratio(Waits(), []) == float("inf")
    assert swap_ratio(waits(0.01, 0.01), [(Window(90, 91), SWAP)]) == float("inf")


def test_failures_are_counted_where_they_happened():
    seen = waits(0.01, 0.01, problem="503 busy")
    assert (seen.requests, seen.failed) == (2000, 1000)
    assert (seen.failed_within([QUIET]), seen.failed_within([SWAP])) == (0, 1000)
    assert seen.problems[0] == "503 busy"
