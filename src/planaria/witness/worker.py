"""Workers: one process that runs one generation of one cell, driven by JSON lines over a pipe.

Why: a judge must never load what it judges, must never hang with it, and must not be talked to by it; so a worker has a
clean environment, limits, a session of its own to be killed by, and every answer is awaited with a time.
Not here: the program in the process (it is a command given in; planaria's own is `assemble.judged`).
"""

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from planaria.kernel.error import PlanariaError
from planaria.witness.call import Call, Outcome, Sequence
from planaria.witness.plain import plain

BREAKS_MAX = 2
LINE_BYTES_MAX = 64 * 1024 * 1024
TOLD_CHARACTERS_MAX = 2000
ENDING_S = 2.0  # for the system to say how a process ended, which takes it a moment when it is busy


class WorkerFailed(PlanariaError):
    """A worker did not start, or ended again and again."""

    code = "PLN-W101"
    what = "the worker for the {role} of cell '{cell}' did not run: {text}"
    why = "it is a process of its own with limits, so that nothing it does can reach its judge"
    fix = "run its command by hand to see more: {command}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a worker may use: memory, CPU seconds in all, seconds for one call, and seconds to start."""

    memory_bytes: int = 1024 * 1024 * 1024
    cpu_s: int = 300
    call_s: float = 0.5
    start_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to start a worker: its command, its role in messages, and the seeds of chance and of hashing."""

    cell: str
    role: str
    command: tuple[str, ...]
    scratch: Path
    seed: int = 0
    hash_seed: int = 0
    limits: Limits = Limits()


class Worker:
    """Run sequences of calls in a process; it is started at first use, and again when a call has killed it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.process: asyncio.subprocess.Process | None = None
        self.leaving: list[asyncio.subprocess.Process] = []
        self.errors: IO[bytes] | None = None
        self.number = 0

    async def start(self) -> None:
        """Start the process and have it load its generation.

        Raises:
            WorkerFailed: PLN-W101, with what the process wrote.
        """
        order = self.order
        order.scratch.mkdir(parents=True, exist_ok=True)
        self.errors = tempfile.TemporaryFile(dir=order.scratch)  # noqa: SIM115 - it lives as long as the process
        try:
            self.process = await asyncio.create_subprocess_exec(
                *order.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=self.errors, start_new_session=True,
                limit=LINE_BYTES_MAX, cwd=order.scratch, env=_environment(order),
            )  # fmt: skip
            limits = {"memory_bytes": order.limits.memory_bytes, "cpu_s": order.limits.cpu_s, "call_s": order.limits.call_s}
            await self._send({"limits": limits, "seed": order.seed})
            answer = await self._answer(order.limits.start_s)
        except OSError as error:
            told = self._told()
            await self.stop()
            raise self._failed(told or str(error)) from error
        if answer is None or "ready" not in answer:
            told = (answer or {}).get("error") or self._told()
            await self.stop()
            raise self._failed(told or "it ended without a word")

    async def run(self, sequences: Many[Sequence]) -> list[tuple[Outcome, ...]]:
        """Run sequences, each from its own start, and return the outcomes of every call.

        A call that kills or stops the process has the outcome unknown; the calls after it are left out. After `BREAKS_MAX`
        such calls the other sequences are left out, with no outcomes: each break costs a process and a wait.

        Raises:
            WorkerFailed: PLN-W101, when the process cannot be started again.
        """
        done: list[tuple[Outcome, ...]] = []
        breaks = 0
        while len(done) < len(sequences) and breaks < BREAKS_MAX:
            if self.process is None:
                await self.start()
            left = sequences[len(done) :]
            got = await self._asked(left)
            done.extend(got)
            if len(got) < len(left):
                breaks += 1
                if self.process is not None:
                    await self.stop()
                    done.append(await self._carefully(left[len(got)]))
        return done + [()] * (len(sequences) - len(done))

    async def _asked(self, sequences: Many[Sequence]) -> list[tuple[Outcome, ...]]:
        """Return the outcomes up to where the process broke; it has left by itself where it could still say so."""
        self.number += 1
        if not await self._sent({"batch": self.number, "sequences": [_message(one) for one in sequences]}):
            return []
        got: list[tuple[Outcome, ...]] = []
        for one in sequences:
            answer = await self._answer(self._patience_s(one))
            if answer is None or answer.get("batch") != self.number or "outcomes" not in answer:
                return got
            got.append(tuple(map(_outcome, answer["outcomes"])))
            if answer.get("leaving"):
                await self.stop()
                return got
        return got

    async def _carefully(self, sequence: Sequence) -> tuple[Outcome, ...]:
        """Run a sequence that broke the process, one call at a time, to see which call it was."""
        outcomes: list[Outcome] = []
        await self.start()
        for place, call in enumerate(sequence.calls):
            got = await self._asked([Sequence((call,), sequence.start if place == 0 else "continue")])
            if not got:
                code = await self._ending()
                return (*outcomes, Outcome(kind="unknown", code="ended", error="", text=code))
            outcomes.extend(got[0])
            if self.process is None:
                return tuple(outcomes)
        return tuple(outcomes)

    async def _ending(self) -> str:
        """Say how the process ended, or that it had to be ended."""
        process = self.process
        assert process is not None, "a call was running in it"
        try:
            async with asyncio.timeout(ENDING_S):
                await process.wait()
        except TimeoutError:
            await self.stop()
            return "no answer in time"
        code = process.returncode or 0
        await self.stop()
        return f"the process ended by {signal.Signals(-code).name}" if code < 0 else f"the process ended itself with status {code}"

    def _patience_s(self, sequence: Sequence) -> float:
        return 1.5 + 4.0 * self.order.limits.call_s + 0.2 * len(sequence.calls)

    async def _sent(self, message: dict[str, Any]) -> bool:
        try:
            await self._send(message)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    async def _send(self, message: dict[str, Any]) -> None:
        assert self.process is not None, "a worker is started before it is sent anything"
        assert self.process.stdin is not None, "its input is a pipe"
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        await self.process.stdin.drain()

    async def _answer(self, within_s: float) -> dict[str, Any] | None:
        assert self.process is not None, "a worker is started before it is asked"
        assert self.process.stdout is not None, "its output is a pipe"
        try:
            async with asyncio.timeout(within_s):
                line = await self.process.stdout.readline()
            answer = json.loads(line)
        except (TimeoutError, ValueError):
            return None
        return answer if isinstance(answer, dict) else None

    def _told(self) -> str:
        if self.errors is None:
            return ""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")[-TOLD_CHARACTERS_MAX:].strip()

    def _failed(self, text: str) -> WorkerFailed:
        return WorkerFailed(cell=self.order.cell, role=self.order.role, text=text, command=" ".join(self.order.command))

    async def stop(self) -> None:
        """End the process and all it started; safe to call twice, and again after it was itself interrupted."""
        if self.process is not None:
            process, self.process = self.process, None
            self.leaving.append(process)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            assert process.stdin is not None, "its input is a pipe"
            process.stdin.close()
        for process in tuple(self.leaving):
            await process.wait()
        self.leaving = [one for one in self.leaving if one.returncode is None]
        if self.errors is not None:
            self.errors.close()
            self.errors = None


def _environment(order: Order) -> dict[str, str]:
    scratch = str(order.scratch)
    return {
        "PATH": os.defpath, "HOME": scratch, "TMPDIR": scratch, "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": str(order.hash_seed),
        "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1",
    }  # fmt: skip


def _message(sequence: Sequence) -> dict[str, Any]:
    return {"start": sequence.start, "calls": [_call(one) for one in sequence.calls]}


def _call(call: Call) -> list[Any]:
    return [call.operation, {name: plain(one) for name, one in call.arguments.items()}]


def _outcome(data: dict[str, Any]) -> Outcome:
    known = {name: data[name] for name in Outcome.__slots__ if name in data}
    return Outcome(**known | {"events": tuple(data.get("events", ()))})
