import pytest

from planaria.store import pace
from planaria.store.error import SqlWrong, StatementTooMuch

ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n)"


@pytest.mark.parametrize("way", ["read", "write"])
async def test_a_statement_without_end_is_ended(store, monkeypatch, way):
    monkeypatch.setattr(pace, "STATEMENT_S", 0.0)
    with pytest.raises(StatementTooMuch) as caught:
        await getattr(store, way)(lambda session: session.execute("a", f"{ENDLESS} select sum(i) from n"))
    assert "ran for more than" in caught.value.facts["text"]
    monkeypatch.undo()
    assert await store.write(lambda session: session.execute("a", "select name from a__item")) == [("one",)]


async def test_rows_without_end_are_refused_before_they_fill_the_memory(store, monkeypatch):
    monkeypatch.setattr(pace, "ROWS_BYTES_MAX", 10_000)
    with pytest.raises(StatementTooMuch) as caught:
        await store.read(lambda session: session.execute("a", f"{ENDLESS} select i from n"))
    assert "gave more than" in caught.value.facts["text"]


async def test_a_value_that_is_larger_than_any_row_may_be_is_refused(store):
    with pytest.raises(SqlWrong):
        await store.read(lambda session: session.execute("a", f"select hex(zeroblob({pace.VALUE_BYTES_MAX}))"))


async def test_a_write_that_was_ended_leaves_nothing(store, monkeypatch):
    monkeypatch.setattr(pace, "STATEMENT_S", 0.0)
    with pytest.raises(StatementTooMuch):
        await store.write(lambda session: session.execute("a", f"insert into a__item (name) {ENDLESS} select i from n"))
    monkeypatch.undo()
    assert await store.read(lambda session: session.execute("a", "select name from a__item")) == [("one",)]
