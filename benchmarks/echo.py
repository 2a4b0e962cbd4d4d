"""The cells that the benchmarks of placements call; a worker finds their contracts by the name of this module."""

from planaria import Contract, operation


class Echo(Contract):
    """Gives back."""

    @operation(idempotent=True)
    async def echo(self, value: bytes) -> bytes:
        """Give it back."""
        raise NotImplementedError


class Caller(Contract):
    """Calls the echo, as one cell calls another."""

    @operation(deadline_s=25)
    async def time(self, size: int, times: int) -> tuple[float, ...]:
        """Return the seconds that each call took."""
        raise NotImplementedError


ECHO = """
class EchoCell(Echo):
    async def echo(self, value):
        return value
"""
CALLER = """
from time import perf_counter

class CallerCell(Caller):
    other = uses(Echo)

    async def time(self, size, times):
        value, taken, call = bytes(size), [], self.other.echo
        for _ in range(times):
            started = perf_counter()
            await call(value)
            taken.append(perf_counter() - started)
        return tuple(taken)
"""
