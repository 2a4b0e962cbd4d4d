from planaria.testing import CountingIds, FakeClock


def test_a_clock_stands_until_it_is_moved():
    clock = FakeClock(100.0)
    assert [clock.now(), clock.now()] == [100.0, 100.0]
    clock.advance(-30)
    assert clock.now() == 70.0


def test_a_clock_that_follows_runs_with_its_source():
    seconds = 5.0
    clock = FakeClock(100.0, follow=lambda: seconds)
    assert clock.now() == 100.0
    seconds = 8.0
    assert clock.now() == 103.0


def test_ids_count_from_one_under_their_own_word():
    ids = CountingIds("order")
    assert [ids.new(), ids.new()] == ["order-1", "order-2"]
