import pytest

from planaria.kernel.contract import Contract, operation
from planaria.kernel.effect import Connects, Reads
from planaria.kernel.error import Several
from planaria.placement.right import rights_of
from planaria.placement.wasm.component import component_in, examine_component
from planaria.placement.wasm.component.opening import ungiven
from tests.placement.wasm.trials import Stock, StockCell, Trials
from tests.placement.wasm.workshop import bench, from_text, world


async def test_every_difference_from_the_contract_is_told_at_once(trials):
    class Trials(Contract):  # another of the same name
        """Differs."""

        @operation()
        async def run(self, what: str, number: int) -> int:
            raise NotImplementedError

        @operation()
        async def limited(self, more: int) -> int:
            raise NotImplementedError

        @operation()
        async def missing(self) -> int:
            raise NotImplementedError

    with pytest.raises(Several) as caught:
        async with bench(Trials, trials):
            pass
    assert caught.value.code == "PLN-P806"
    told = "\n".join(caught.value.facts["problems"])
    for one in (
        "function 'run': parameter 'what' is s64, and must be string", "function 'limited': its parameters are (), and must be (more)",
        "has no function 'missing': it is func() -> result<s64, error>",
        "its result, err has the cases failed, too-much, and must have failed",
        "it imports planaria:cells/stock, a cell that system.py does not grant",
        "it imports planaria:host/clock, which its contract does not declare",
        "it imports planaria:host/chance", "planaria:host/state, function 'write': its parameters are (statements, events)",
    ):  # fmt: skip
        assert one in told, one


async def test_a_component_for_another_cell_and_one_that_wants_wasi_are_refused(trials, tmp_path):
    class Other(Contract):
        """Is another."""

    with pytest.raises(Several) as caught:
        async with bench(Other, trials):
            pass
    assert "it exports no planaria:cells/other, but planaria:cells/trials: build it from `planaria derive wit other`" in str(caught.value)
    (tmp_path / "wasi.wat").write_text('(component (import "wasi:cli/exit@0.2.0" (instance)) (import "planaria:host/net" (instance)))')
    with pytest.raises(Several) as caught:
        async with bench(Other, (tmp_path / "wasi.wat").read_bytes()):
            pass
    assert "a cell gets no WASI" in str(caught.value)
    assert "planaria:host/net, which is not in its world" in str(caught.value)


@pytest.mark.parametrize(
    "files, said",
    [
        ({"a.wasm": b"", "b.wasm": b""}, "there are 2 (a.wasm, b.wasm), and there must be one"),
        ({"a.wasm": b"\0asm\1\0\0\0"}, "a.wasm is no component"),
    ],
)  # fmt: skip
def test_what_is_no_component_is_refused_with_a_cure(tmp_path, files, said):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Several) as caught:
        examine_component(tmp_path, cell="trials", contract=Trials, uses=(), cache=tmp_path / "cache")
    assert (caught.value.code, said in str(caught.value)) == ("PLN-P806", True)


def test_rights_that_no_component_can_have_are_refused():
    class Reaching(Contract):
        """Reaches out."""

        @operation(effects=(Connects("docs.example:443"), Reads("pages/")))
        async def run(self) -> None:
            raise NotImplementedError

    told = ungiven(rights_of("reaching", Reaching, {"scratch_mb": 1}))
    assert [one.partition(":")[0] for one in told] == ["it may read 'pages/'", "it may reach 'docs.example", "scratch_mb"]


async def test_limits_that_mean_nothing_are_told_together(trials):
    for limits, code in (({"pool": 0, "reset": "often"}, "PLN-P806"), ({"poll": 2}, "PLN-P301")):
        with pytest.raises(Several) as caught:
            async with bench(Trials, trials, beside={Stock: StockCell}, **limits):
                pass
        assert (caught.value.code, len(caught.value.facts["problems"])) == (code, len(limits))


async def test_more_memory_than_it_may_have_is_refused_at_the_start(tmp_path):
    class Large(Contract):
        """Needs much."""

    module = '(module (memory (export "memory") 2000))'
    with pytest.raises(Exception, match="PLN-P805") as caught:
        async with bench(Large, from_text(module, world(Large), tmp_path), memory_mb=64):
            pass
    assert "memory" in str(caught.value)


def test_a_generation_with_python_in_it_is_no_component(tmp_path):
    assert component_in(tmp_path) is None
    (tmp_path / "a.wasm").touch()
    assert component_in(tmp_path) == tmp_path / "a.wasm"
    (tmp_path / "__init__.py").touch()
    assert component_in(tmp_path) is None
