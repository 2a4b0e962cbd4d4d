"""Every test of the kernel runs in virtual time: waiting costs nothing, and a test that would hang fails instead."""

import asyncio


class Hung(BaseException):
    """Nothing can happen any more, and the test is not done."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Jumps over waiting."""

    skipped_s = 0.0

    def time(self):
        return self.skipped_s

    def _run_once(self):
        while self._scheduled and self._scheduled[0]._cancelled:
            self._scheduled[0]._scheduled = False
            asyncio.base_events.heapq.heappop(self._scheduled)
            self._timer_cancelled_count -= 1
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise Hung
            self.skipped_s = max(self.skipped_s, self._scheduled[0]._when)
        super()._run_once()


def pytest_asyncio_loop_factories(config, item):
    return {"virtual": VirtualLoop}
