import pytest

from planaria.kernel.measure import BOUNDS_S, Histogram


def test_a_duration_is_counted_in_the_bucket_of_the_next_bound():
    histogram = Histogram()
    for elapsed_s in (0.0, BOUNDS_S[0], 0.003, 1000.0):
        histogram.add(elapsed_s)
    assert (histogram.counts[0], histogram.counts[4], histogram.counts[-1]) == (2, 1, 1)
    assert (histogram.total, histogram.sum_s, len(histogram.counts)) == (4, pytest.approx(1000.00305), len(BOUNDS_S) + 1)
