import json

from planaria.witness.call import SHOWN_MAX, Call, Outcome, Witness


def witness(**given):
    calls = (Call("add", {"page": "a"}), Call("search", {"question": '"', "limit": 10}))
    outcomes = {"current": Outcome(kind="completed", value=[]), "candidate": Outcome(kind="failed", code="X-1", error="Wrong", text="it")}
    return Witness(cell="library", calls=calls, **{**outcomes, **given})


def test_a_witness_reads_as_calls_with_both_outcomes():
    assert witness().text().splitlines() == [
        "library.add(page='a')", "library.search(question='\"', limit=10)", "  current:   ()", "  candidate: failed: X-1 Wrong: it",
    ]  # fmt: skip


def test_a_witness_on_live_data_says_so():
    assert witness(start="copy").text().startswith("on a copy of the live store:\n")


def test_events_are_shown_where_they_differ():
    told = {"$": "struct Added", "of": {"name": "a"}}
    text = witness(current=Outcome(kind="completed", events=(told,))).text()
    assert "  current emitted: Added(name='a')" in text
    assert "  candidate emitted: no events" in text


def test_a_witness_is_data_that_json_can_hold():
    plain = witness(candidate=Outcome(kind="completed", value=1, events=(1,))).plain()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["calls"][1]["text"] == "library.search(question='\"', limit=10)"


def test_a_long_outcome_is_cut_and_changed_arguments_are_told():
    assert len(Outcome(kind="completed", value="ab" * 900).shown()) == SHOWN_MAX + 1
    assert Outcome(kind="completed", value=1, mutated=True).shown() == "1 (and it changed its arguments)"
    assert Outcome(kind="unknown").shown() == "unknown"
