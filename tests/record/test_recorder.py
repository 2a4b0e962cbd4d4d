import asyncio
import stat

import pytest

from planaria.kernel.call import CallRecord
from planaria.kernel.error import CellError
from planaria.placement.codec import MsgspecCodec
from planaria.record import Recorder, recorder, recordings_in

NAMES = {("shop", "buy"): ("sku", "quantity")}


class SoldOut(CellError):
    code = "TEST-1"
    what = "no more {sku}"


def call(*arguments, operation="buy", outcome="completed", result=None, error=None):
    return CallRecord(
        cell="shop", operation=operation, arguments=arguments, outcome=outcome, result=result, error=error, elapsed_s=0.0,
        chain=(), request="r", caller="c", generation="g",
    )  # fmt: skip


@pytest.fixture
def record(tmp_path):
    return Recorder(tmp_path / "recordings", NAMES, codec=MsgspecCodec())


def kept(record):
    return recordings_in(record.directory, "shop")


def test_keeps_the_arguments_by_name_and_how_it_ended(record):
    record.observe(call("apple", 2, result=(1, "a")))
    assert record.flush() == 1
    (one,) = kept(record)
    assert (one.call, one.arguments, one.outcome) == ("buy", {"sku": "apple", "quantity": 2}, {"kind": "completed", "value": [1, "a"]})


def test_keeps_the_code_of_an_error_and_its_first_line(record):
    record.observe(call("apple", 2, outcome="failed", error=SoldOut(sku="apple")))
    record.observe(call("pear", 2, outcome="failed", error=KeyError("x")))
    record.flush()
    first, second = (one.outcome for one in kept(record))
    assert first == {"kind": "failed", "error": "TEST-1", "text": "TEST-1: no more apple"}
    assert second["error"] == "KeyError"


def test_leaves_out_what_was_refused_and_what_it_was_not_asked_to_keep(record):
    record.observe(call("apple", 2, outcome="refused"))
    record.observe(call(operation="other"))
    assert record.flush() == 0
    assert not record.directory.exists()


def test_equal_calls_are_kept_once_and_count_as_the_newest(record):
    for sku in ("apple", "pear", "apple"):
        record.observe(call(sku, 1))
    record.flush()
    record.observe(call("pear", 1))
    record.flush()
    assert [one.arguments["sku"] for one in kept(record)] == ["apple", "pear"]


def test_what_was_kept_before_a_restart_stays(record):
    record.observe(call("apple", 1))
    record.flush()
    again = Recorder(record.directory, NAMES, codec=MsgspecCodec())
    again.observe(call("pear", 1))
    again.observe(call("apple", 1))
    again.flush()
    assert [one.arguments["sku"] for one in kept(record)] == ["pear", "apple"]


def test_the_oldest_calls_of_an_operation_go_first(record, monkeypatch):
    monkeypatch.setattr(recorder, "CALLS_MAX", 3)
    for number in range(5):
        record.observe(call("apple", number))
    record.flush()
    assert [one.arguments["quantity"] for one in kept(record)] == [2, 3, 4]


def test_the_file_of_a_cell_stays_within_its_bound(record, monkeypatch):
    monkeypatch.setattr(recorder, "CELL_BYTES_MAX", 1000)
    for number in range(50):
        record.observe(call("apple", number))
    record.flush()
    assert (record.directory / "shop.jsonl").stat().st_size <= 1000
    assert kept(record)[-1].arguments["quantity"] == 49


def test_a_call_that_is_too_large_or_cannot_be_written_is_left_out(record):
    record.observe(call("a" * recorder.CALL_BYTES_MAX, 1))
    record.observe(call("apple", object()))
    assert record.flush() == 0


def test_only_its_owner_can_read_a_recording(record):
    record.observe(call("apple", 1))
    record.flush()
    assert stat.S_IMODE((record.directory / "shop.jsonl").stat().st_mode) == 0o600


async def test_writes_now_and_then_until_cancelled(record):
    written, flush = asyncio.Event(), record.flush
    loop = asyncio.get_running_loop()
    record.flush = lambda: (flush(), loop.call_soon_threadsafe(written.set))
    record.observe(call("apple", 1))
    work = asyncio.create_task(record.run(print, every_s=0.001))
    async with asyncio.timeout(60):
        await written.wait()
    assert len(kept(record)) == 1
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_complains_where_nothing_can_be_written_and_goes_on(record):
    record.directory.parent.mkdir(exist_ok=True)
    record.directory.write_text("a file where the folder should be")
    complaints = asyncio.Queue()
    record.observe(call("apple", 1))
    work = asyncio.create_task(record.run(complaints.put_nowait, every_s=0.001))
    async with asyncio.timeout(60):
        assert "were not written" in await complaints.get()
    assert not work.done()
    work.cancel()
