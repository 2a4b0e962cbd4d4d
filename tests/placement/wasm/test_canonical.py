import gc
from pathlib import Path

import pytest

from planaria.kernel.error import Refused
from tests.placement.wasm.echo import PADDING, echo_contract, echo_text
from tests.placement.wasm.values import TYPES
from tests.placement.wasm.workshop import bench, from_text, world

ALL = echo_contract({name: one[0] for name, one in TYPES.items()})
VALUES = [(name, value) for name, one in TYPES.items() for value in one[1]]


@pytest.fixture(scope="session")
def echo(tmp_path_factory):
    return from_text(echo_text(ALL), world(ALL), tmp_path_factory.mktemp("echo"))


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def test_every_kind_of_value_comes_back_as_it_went_in(echo):
    async with bench(ALL, echo) as running:
        handle = running.handle(ALL)
        for name, value in VALUES:
            got = await getattr(handle, name)(value, PADDING)
            assert (got, type(got)) == (value, type(value)), name


async def test_carrying_values_leaves_no_memory_behind(echo):
    async with bench(ALL, echo, pool=1) as running:
        handle = running.handle(ALL)
        name, value = "order", TYPES["order"][1][1]

        async def many(count):
            for _ in range(count):
                await getattr(handle, name)(value, PADDING)
            gc.collect()
            return resident_bytes()

        await many(200)
        before = await many(200)
        assert await many(2_000) - before < 2_000_000


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("whole", 2**63, "9223372036854775808 is beyond s64, which holds -9223372036854775808 to 9223372036854775807"),
        ("whole", True, "True is no int"), ("whole", "1", "'1' is no int"), ("text", "\ud800", "surrogates not allowed"),
        ("text", 1, "1 is no str"), ("number", "x", "'x' is no float"), ("number", 10**400, "is beyond f64"), ("truth", 1, "1 is no bool"),
        ("blob", "x", "'x' is no bytes"), ("instant", "x", "'x' is no datetime"), ("grade", "good", "'good' is no "),
        ("grade", [], "[] is no "), ("many", [1], "[1] is no tuple"), ("pair", (1,), "(1,) is no tuple"), ("line", 1, "1 is no "),
        ("either", b"x", "b'x' is no "), ("lists", (1.5,), "1.5 is no str"), ("table", (), "() is no Mapping"), ("choice", 4, "4 is no "),
        ("nothing", 0, "0 is no "),
    ],
)  # fmt: skip
async def test_a_value_that_does_not_fit_is_refused_before_anything_runs(echo, name, value, said):
    async with bench(ALL, echo) as running:
        with pytest.raises(Refused) as caught:
            await getattr(running.handle(ALL), name)(value, PADDING)
        assert "PLN-P802" in str(caught.value)
        assert said in str(caught.value)
        assert "did not begin: value: " in str(caught.value)
        assert await running.handle(ALL).truth(True, PADDING)


async def test_a_whole_number_is_taken_where_a_float_is_declared(echo):
    async with bench(ALL, echo) as running:
        assert await running.handle(ALL).number(3, PADDING) == 3.0
