from planaria.diff.observed import BehaviourRequest, BehaviourResult


def test_a_request_for_nothing_more_is_confined_and_repeats():
    asked = BehaviourRequest(kinds=("behaviour",))
    assert (asked.confined, asked.seed, asked.clients, asked.contract) == (True, 1, (), None)
    assert asked.report("reading", 0.5) is None


def test_a_result_says_nothing_until_something_was_seen():
    assert BehaviourResult() == BehaviourResult(findings=(), not_exercised=(), summary={}, clients=(), seen_old={}, seen_new={})
