import itertools
import random
import struct

import pytest

from planaria.placement.sandbox import filter as filters
from planaria.placement.sandbox.allowance import allowances
from planaria.placement.sandbox.error import NoFilter
from planaria.placement.sandbox.filter import OWN, RETURN_ALLOW, RETURN_ERROR, RETURN_KILL, WHOLE, Allowance, Condition, assemble
from planaria.placement.sandbox.policy import Policy
from planaria.placement.sandbox.system_call import TOKENS, architectures
from tests.placement.sandbox.machine_code import expected, simulate

ME = 1234
POLICIES = (
    Policy(),
    Policy(scratch_bytes=1 << 20, spawn=True, connects=(443,)),
    Policy(threads=False, chance=False, executable_memory=True),
)
ODD = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 16, 17, 0x22, ME, 0x200, 0x3D0F00, 0x1200011, 0x4111, 0x10000000, 0x5412, 0x5421, 1 << 32, WHOLE)

every_architecture = pytest.mark.parametrize("name", TOKENS)


@every_architecture
@pytest.mark.parametrize("policy", POLICIES, ids=["strict", "wide", "odd"])
def test_the_program_says_to_every_number_what_the_list_says(name: str, policy: Policy) -> None:
    architecture = architectures()[name]
    listed = allowances(policy, landlock=7)
    code = assemble(listed, architecture).of(ME)
    chance = random.Random(7)
    conditional = {architecture.numbers[one] for one, rule in listed.items() if rule.alternatives != ((),) and one in architecture.numbers}
    for number in range(1100):
        tries = [tuple(chance.choice(ODD) for _ in range(6)) for _ in range(120 if number in conditional else 1)]
        for arguments in tries:
            said = simulate(code, number, architecture.token, arguments)
            assert said == expected(listed, architecture, number, arguments, own=ME), (number, arguments)


@every_architecture
def test_a_foreign_architecture_ends_the_process(name: str) -> None:
    code = assemble({"read": Allowance()}, architectures()[name]).of(ME)
    foreign = [token for other, token in TOKENS.items() if other != name] + [0x40000003, 0x40000028]
    assert {simulate(code, 3, token) for token in foreign} == {RETURN_KILL}


def test_the_table_of_32_bit_numbers_ends_the_process() -> None:
    architecture = architectures()["x86_64"]
    code = assemble({"read": Allowance()}, architecture).of(ME)
    assert simulate(code, 0x40000000, architecture.token) == RETURN_KILL
    assert simulate(code, 0xFFFFFFFF, architecture.token) == RETURN_KILL


def test_every_program_is_short_enough_for_the_kernel() -> None:
    for policy, architecture in itertools.product(POLICIES, architectures().values()):
        assert len(assemble(allowances(policy, landlock=7), architecture).code) // 8 < 4096


def test_a_long_list_of_alternatives_is_jumped_over() -> None:
    architecture = architectures()["riscv64"]
    many = Allowance(tuple((Condition(0, value), Condition(1, value, WHOLE)) for value in range(100)))
    code = assemble({"write": many, "read": Allowance()}, architecture).of(ME)
    write, read = architecture.numbers["write"], architecture.numbers["read"]
    assert simulate(code, write, architecture.token, (99, 99)) == RETURN_ALLOW
    assert simulate(code, write, architecture.token, (99, 99 | 1 << 32)) == RETURN_ERROR | 1
    assert simulate(code, read, architecture.token) == RETURN_ALLOW


def test_many_plain_calls_are_found_in_several_pieces() -> None:
    architecture = architectures()["x86_64"]
    names = sorted(architecture.numbers)[:300]
    code = assemble(dict.fromkeys(names, Allowance()), architecture).of(ME)
    said = {name: simulate(code, number, architecture.token) == RETURN_ALLOW for name, number in architecture.numbers.items()}
    assert {name for name, is_allowed in said.items() if is_allowed} == set(names)


def test_the_own_process_is_written_in_where_it_is_meant() -> None:
    architecture = architectures()["x86_64"]
    program = assemble({"kill": Allowance(((Condition(0, OWN),),))}, architecture)
    kill = architecture.numbers["kill"]
    assert len(program.own_at) == 1
    assert simulate(program.of(77), kill, architecture.token, (77,)) == RETURN_ALLOW
    assert simulate(program.of(77), kill, architecture.token, (78,)) == RETURN_ERROR | 1


def test_what_has_no_number_on_an_architecture_is_left_out() -> None:
    assert assemble({"open": Allowance()}, architectures()["aarch64"]).code == assemble({}, architectures()["aarch64"]).code


def test_a_filter_that_the_kernel_does_not_take_is_an_error() -> None:
    with pytest.raises(NoFilter):
        filters.install(struct.pack("=HBBI", 0xFFFF, 0, 0, 0))
