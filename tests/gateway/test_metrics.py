from prometheus_client.parser import text_string_to_metric_families

from planaria.gateway.metrics import Traffic, metrics_text
from planaria.placement.usage import Usage
from planaria.record.meter import Timing
from planaria.record.status import CellStatus, Measure
from tests.gateway.house import open_house

STATUS = CellStatus(cell='odd"\\\nname', state="up", generation="abc" * 20, placement="inprocess", running=2, queued=1, crashes=0)


def families(text):
    return {one.name: one for one in text_string_to_metric_families(text.decode())}


def measure():
    return Measure(cell="probe", operation="echo", calls=10, refused=1, failed=2, unknown=3)


def timings():
    timing = Timing(bytes_total=25, bytes_measured=2)
    for elapsed_s in (0.002, 0.002, 99.0):
        timing.latency_s.add(elapsed_s)
    return {("probe", "echo"): timing}


def test_a_parser_reads_what_was_measured():
    found = families(metrics_text([measure()], timings(), [STATUS], Traffic(), {"requests": 3}))
    calls = {one.labels["outcome"]: one.value for one in found["planaria_calls"].samples}
    assert calls == {"completed": 4, "refused": 1, "failed": 2, "unknown": 3}
    assert [one.value for one in found["planaria_gateway_requests"].samples] == [3]
    assert [one.value for one in found["planaria_call_bytes"].samples] == [12.5]
    assert found["planaria_cell_up"].samples[0].labels["cell"] == STATUS.cell


def test_a_histogram_is_cumulative_and_ends_at_infinity():
    samples = families(metrics_text([measure()], timings(), [], Traffic(), {}))["planaria_call_seconds"].samples
    buckets = {one.labels["le"]: one.value for one in samples if one.name.endswith("_bucket")}
    assert (buckets["0.001"], buckets["0.005"], buckets["30.0"], buckets["+Inf"]) == (0, 2, 2, 3)
    assert {one.name: one.value for one in samples if "le" not in one.labels} == {
        "planaria_call_seconds_sum": 99.004, "planaria_call_seconds_count": 3,
    }  # fmt: skip


def test_a_cell_tells_what_it_uses_as_far_as_its_placement_knows():
    apart = Usage(cell="intake", placement="process", memory_bytes=5_000_000, cpu_s=1.5, accesses={"completed": 2})
    here = Usage(cell="desk", placement="inprocess", touches={"reads": 3, "refused": 1})
    found = families(metrics_text([], {}, [], Traffic(), {}, usages=[apart, here]))
    assert [(one.labels, one.value) for one in found["planaria_cell_memory_bytes"].samples] == [
        ({"cell": "intake", "placement": "process"}, 5_000_000)
    ]
    assert [one.value for one in found["planaria_cell_cpu_seconds"].samples] == [1.5]
    assert [one.labels["cell"] for one in found["planaria_cell_seats"].samples] == ["intake", "desk"]
    assert {one.labels["kind"]: one.value for one in found["planaria_cell_touches"].samples} == {"reads": 3, "refused": 1}
    assert [one.labels for one in found["planaria_cell_accesses"].samples] == [{"cell": "intake", "outcome": "completed"}]


def test_says_nothing_of_what_was_not_measured():
    assert set(families(metrics_text([], {}, [], Traffic(), {}))) == {"planaria_gateway_received_bytes", "planaria_gateway_sent_bytes"}


async def test_a_running_gateway_tells_its_traffic(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.call("probe/echo", {"text": "a"})
        await client.call("probe/echo", b"{")
        found = families((await client.ask("GET", "/metrics")).body)
    answers = {one.labels["status"]: one.value for one in found["planaria_gateway_answers"].samples}
    assert answers == {"200": 1, "400": 1}
    assert found["planaria_gateway_received_bytes"].samples[0].value == 14
    assert found["planaria_gateway_connections"].samples[0].value == 1
