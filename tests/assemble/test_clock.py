from planaria.assemble.clock import RandomIds, SystemClock


def test_ids_are_not_given_twice():
    ids = RandomIds()
    assert len({ids.new() for _ in range(1000)}) == 1000


def test_time_does_not_stand_before_this_was_written():
    assert SystemClock().now() > 1_790_000_000
