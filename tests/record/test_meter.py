import pytest

from planaria.kernel.call import CallRecord
from planaria.record.meter import BOUNDS_S, BYTES_EVERY, Histogram, Meter


def test_a_duration_is_counted_in_the_bucket_of_the_next_bound():
    histogram = Histogram()
    for elapsed_s in (0.0, BOUNDS_S[0], 0.003, 1000.0):
        histogram.add(elapsed_s)
    assert (histogram.counts[0], histogram.counts[4], histogram.counts[-1]) == (2, 1, 1)
    assert (histogram.total, histogram.sum_s, len(histogram.counts)) == (4, pytest.approx(1000.00305), len(BOUNDS_S) + 1)


def call(result="abc"):
    return CallRecord(
        cell="desk", operation="work", arguments=("abc",), outcome="completed", result=result, error=None, elapsed_s=0.002, chain=(),
        request="1", caller="me", generation="g",
    )  # fmt: skip


def test_time_is_taken_of_every_call_and_bytes_of_a_few():
    meter = Meter(lambda value: repr(value).encode())
    for number in range(BYTES_EVERY + 1):
        meter.observe(call("x" * number))
    timing = meter.timings["desk", "work"]
    assert (timing.latency_s.total, timing.bytes_measured) == (BYTES_EVERY + 1, 2)
    assert timing.bytes_mean == (len(repr((("abc",), ""))) + len(repr((("abc",), "x" * BYTES_EVERY)))) / 2


def test_nothing_is_weighed_before_the_first_call():
    assert Meter(repr).timings["desk", "work"].bytes_mean == 0.0
