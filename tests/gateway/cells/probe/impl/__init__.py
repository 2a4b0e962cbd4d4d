import asyncio

from tests.gateway.cells.probe.contract import Costly, Echo, Probe, Taken


class ProbeCell(Probe):
    async def on_start(self):
        self.calls = 0
        self.holding = 0
        self.cancelled = 0
        self.held = asyncio.Event()
        self.released = asyncio.Event()
        self.stubborn = False

    async def echo(self, text, times=1):
        self.calls += 1
        return Echo(text * times, times)

    async def count(self):
        return self.calls

    async def fail(self, how):
        if how == "taken":
            raise Taken(name="a")
        if how == "costly":
            raise Costly(name="b")
        if how == "unwritable":
            return object()
        raise ValueError("the secret of the cell")

    async def hold(self):
        self.holding += 1
        self.held.set()
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            if self.stubborn:
                await self.released.wait()
            if self.stubborn == "answers":
                return "too late"
            raise
        return "released"

    async def late(self):
        await asyncio.Event().wait()

    async def stream(self, count, then="end"):
        for number in range(count):
            yield Echo("a", number)
        if then == "taken":
            raise Taken(name="a")
        if then == "fault":
            raise KeyError("a")
        if then == "wait":
            await asyncio.Event().wait()
