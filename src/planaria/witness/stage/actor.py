"""The judge's end of the stage: it orders actors, sends them scripts, and waits for each answer with a time.

Why: what an actor does can neither hang nor mislead who asks: an answer that is late, missing, malformed or out of turn is the end of
that actor, and the next script is played by a new one. Answers carry the token of their batch and the number of their script, and the
end of a batch is asked for by another token, so that a line which the code wrote itself is known by the true one that follows it.
Not here: what is played (`witness.script`), what differs (`witness.script.hunt`).
"""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from planaria.kernel.error import PlanariaError
from planaria.witness.stage.answer import are, outcomes_in, sum_in

LINE_BYTES_MAX = 32 * 1024 * 1024
START_S, SLACK_S, CLOSE_S = 40.0, 2.0, 10.0
COMMAND = (sys.executable, "-P", "-m", "planaria.witness.stage.program")
BREAKS_MAX = 5
LATE, GONE, FORGED = "it gave no answer in time", "its process ended", "it wrote into its judge's line"


class StageFailed(PlanariaError):
    """An actor could not be started."""

    code = "PLN-W102"
    what = "the {role} version cannot be run: {text}"
    why = "it is code of strangers: it runs in a process of its own, in a sandbox or not at all"
    fix = "see `planaria doctor` for what this machine lacks; on one that holds nothing else, set PLANARIA_JUDGE=unconfined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an actor plays: its role in messages, the folder and the modules of its version, a contract's conditions.

    `scratch` asks for a private folder in memory; where nothing confines it, `writable` is the folder in which it plays.
    `warm` are modules of planaria's own choice that could not be loaded once it is confined.
    Names are `dotted` from the package where the version has several modules; else those of the one module stand alone.

    >>> Order(role="old", folder=Path("/srv/old"), modules=("shop",)).plain()["modules"]
    ['shop']
    """

    role: str
    folder: Path
    modules: tuple[str, ...]
    dotted: bool = False
    chance: bool = False
    contract: Path | None = None
    contract_class: str = ""
    scratch: bool = True
    writable: Path | None = None
    memory_mb: int = 1024
    warm: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        kept = {name: getattr(self, name) for name in ("dotted", "chance", "contract_class", "scratch", "memory_mb", "warm")}
        places = {name: str(one.resolve()) if one else "" for name in ("folder", "contract", "writable") for one in [getattr(self, name)]}
        return {**kept, **places, "modules": list(self.modules)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a script: outcomes of its steps as the actor told them, and how many new arcs it took.

    >>> Played(outcomes=({"k": "completed", "value": 1},)).news
    0
    """

    outcomes: tuple[Mapping[str, Any], ...]
    news: int = 0


class Stage:
    """A warm process that forks actors; use it as a context.

    >>> with Stage(confined=False, hash_seed=1) as stage:
    ...     stage.process is None  # until an actor is asked for
    True
    """

    def __init__(self, *, confined: bool, hash_seed: int = 0, command: Sequence[str] = COMMAND) -> None:
        self.confined, self.hash_seed, self.command = confined, hash_seed, command
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.scratch = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> socket.socket:
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1", "PYTHONHASHSEED": str(self.hash_seed)}
        arguments = [*self.command, str(theirs.fileno()), *([] if self.confined else ["unconfined"])]
        self.control = ours
        with theirs:
            self.process = subprocess.Popen(
                arguments, pass_fds=[theirs.fileno()], env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        ours.settimeout(START_S)
        return ours

    def fork(self, order: Order) -> tuple[int, socket.socket]:
        """Fork an actor and return its process number and its socket; a warm process that an actor has ended is begun anew.

        Raises:
            StageFailed: PLN-W102.
        """
        text = ""
        for control in (self.control, None):
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    answer = self._asked(control or self._begin(), order.plain(), theirs.fileno())
                    return answer["pid"], ours
                except (OSError, LookupError) as error:
                    text = str(error) if isinstance(error, OSError) else "the process that runs it ended"
            ours.close()
        raise StageFailed(role=order.role, text=text)

    def _asked(self, control: socket.socket, message: Mapping[str, Any], *descriptors: int) -> dict[str, Any]:
        socket.send_fds(control, [json.dumps(message).encode()], descriptors)
        return dict(json.loads(control.recv(4096) or b"{}"))

    def ended(self, pid: int) -> tuple[int | None, float]:
        """End an actor, if it has not ended; return how it did (below zero by a signal) and the processor seconds of its whole life."""
        try:
            assert self.control is not None, "an actor was forked"
            answer = self._asked(self.control, {"ended": pid})
            return answer["status"], answer["cpu_s"]
        except (OSError, LookupError, AssertionError):
            return None, 0.0

    def close(self) -> None:
        """End the process and all actors; both end with their judge in any case, whatever they are at."""
        control, self.control = self.control, None
        process, self.process = self.process, None
        if control is not None:
            control.close()
        if process is not None:
            try:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=CLOSE_S)
            finally:
                process.kill()
                process.wait()


@dataclass(frozen=False, slots=True)
class Spent:
    """What an actor and those before it have used and done.

    >>> Spent().starts
    0
    """

    cpu_s: float = 0.0
    starts: int = 0
    forged: bool = False
    sums: list[Mapping[str, Any]] = field(default_factory=list)


class Actor:
    """One version on the stage: it is forked at first use, and again when a script has ended it.

    >>> Actor(Stage(confined=True), Order(role="old", folder=Path("/srv/old"), modules=("shop",))).cpu_s
    0.0
    """

    def __init__(self, stage: Stage, order: Order) -> None:
        self.stage, self.order = stage, order
        self.pid = 0
        self.socket: socket.socket | None = None
        self.left: bytes = b""
        self.token = ""
        self.spent, self.now_s = Spent(), 0.0
        self.failed: Mapping[str, str] = {}
        self.asked: Sequence[Mapping[str, Any]] = ()
        self.how: tuple[float, bool] = (0.2, False)

    def start(self) -> None:
        """Fork it and have it load its version.

        Raises:
            StageFailed: PLN-W102.
        """
        self.stop()
        self.pid, self.socket = self.stage.fork(replace(self.order, scratch=self.order.scratch and self.stage.scratch))
        self.left = b""
        answer = self._answer(START_S)
        self.spent.starts += 1
        failed = answer.get("failed") if isinstance(answer, dict) else None
        if isinstance(answer, dict) and isinstance(failed, dict):
            self.failed = {str(name): str(text) for name, text in failed.items()}
            return
        told = str(answer.get("error", FORGED)) if isinstance(answer, dict) else ""
        _, how = self._ended()
        if "NoScratch" in told and self.stage.scratch:
            self.stage.scratch = False  # this machine offers none: what writes files fails alike on both sides
            self.start()
            return
        raise StageFailed(role=self.order.role, text=told or (answer if answer == LATE else how))

    def stop(self) -> str:
        """End it and say how it had ended; harmless where there is none."""
        return self._ended()[1] if self.socket is not None else ""

    def _ended(self) -> tuple[int | None, str]:
        if self.socket is not None:
            self.socket.close()
        self.socket = None
        status, cpu_s = self.stage.ended(self.pid)
        self.spent.cpu_s, self.now_s = self.spent.cpu_s + max(cpu_s, self.now_s), 0.0
        if status is None:
            return status, GONE
        return status, f"the process ended by signal {-status}" if status < 0 else f"the process ended itself with status {status}"

    @property
    def cpu_s(self) -> float:
        """Return the processor seconds used so far, as the kernel tells them, which an actor cannot change."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.now_s = time.clock_gettime(~self.pid << 3 | 2)  # the clock of a process (clock_getcpuclockid)
        return self.spent.cpu_s + self.now_s

    def send(self, scripts: Sequence[Mapping[str, Any]], *, call_s: float, traced: bool) -> None:
        """Send a batch of scripts; `collect` waits for what comes of it."""
        self.asked, self.how = scripts, (call_s, traced)
        if scripts:
            self._send(scripts)

    def _send(self, scripts: Sequence[Mapping[str, Any]]) -> None:
        self._say({"scripts": scripts, "call_s": self.how[0], "traced": self.how[1]})

    def _say(self, message: Mapping[str, Any]) -> None:
        self.spent.forged |= bool(self.left)  # it has said more than it was asked
        if self.socket is None or self.left:
            self.start()
        self.token = os.urandom(8).hex()
        line = _line(self.token, message)
        for is_last in (False, True):
            assert self.socket is not None, "it was started"
            try:
                self.socket.settimeout(START_S)
                self.socket.sendall(line)
                return
            except OSError:  # it had ended before it was asked
                if not is_last:
                    self.start()

    def collect(self) -> list[Played]:
        """Return what came of each script of the batch; one that ends the actor has an outcome unknown, and a new one goes on after it.

        After a few such scripts the rest of the batch is left out, with no outcomes: each costs a process and a wait.
        """
        done: list[Played] = []
        wary, end, breaks = 0, len(self.asked), 0
        while len(done) < len(self.asked):
            wary = max(wary, self._gather(done, end))
            breaks += 1
            if breaks > BREAKS_MAX:
                done += [Played(outcomes=())] * (len(self.asked) - len(done))
            elif len(done) < len(self.asked):
                end = len(done) + 1 if len(done) < wary else len(self.asked)
                self._send(self.asked[len(done) : end])
        return done

    def _gather(self, done: list[Played], end: int) -> int:
        """Add what comes of the scripts up to `end`, which were sent; return up to which they must be played again, each by itself."""
        first, last = len(done), ""
        while True:
            if len(done) == end and not last:
                last = self._last()
            answer = self._answer(SLACK_S + 8 * self.how[0])
            told = answer if isinstance(answer, dict) else {}
            if last and told.get("token") == last:
                return 0
            number = told.get("number") if told.get("token") == self.token else None
            if number == len(done) - first < end - first:
                outcomes = outcomes_in(told, len(self.asked[len(done)]["steps"]))
                if outcomes is not None:
                    done.append(Played(outcomes=outcomes, news=told["news"]))
                    if "leaving" not in told:
                        continue
                    self.spent.sums.append(sum_in(told["leaving"]))
                    self.stop()
                    return 0
            elif isinstance(number, int) and 0 <= number < len(done) - first and end - first > 1:
                until = min(len(done) + 1, end)  # one of them has answered for itself or for others: which, is seen when each is alone
                del done[first + number :]
                self._broken(told)
                return until
            if first < len(done) == end:
                done.pop()  # it was played, and broke what comes after it
            done.append(Played(outcomes=(self._broken(answer),)))
            return 0

    def _last(self) -> str:
        """Ask for the end of a batch by a token that its code cannot have seen, and return that."""
        token = os.urandom(8).hex()
        with contextlib.suppress(OSError):  # seen when its answer is waited for
            assert self.socket is not None, "it was started"
            self.socket.sendall(_line(token, {"scripts": ()}))
        return token

    def _broken(self, answer: dict[str, Any] | str) -> dict[str, Any]:
        """End the actor and return the outcome of the script that broke it."""
        error = answer.get("error") if isinstance(answer, dict) and "token" not in answer else None
        if answer == FORGED or (isinstance(answer, dict) and error is None):
            self.spent.forged, error = True, FORGED
        status, how = self._ended()
        if answer == LATE or (error is None and status in (-signal.SIGVTALRM, -signal.SIGXCPU)):
            return {"k": "unknown", "code": "late"}
        return {"k": "unknown", "code": "ended", "text": str(error or how)}

    def ask(self, message: Mapping[str, Any], within_s: float) -> Mapping[str, Any] | None:
        """Send one message and return its answer, or None where it did not come."""
        self._say(message)
        answer = self._answer(within_s)
        if isinstance(answer, dict) and answer.get("token") == self.token and are(answer.get("ns", []), int):
            return answer
        self.stop()
        return None

    def sum_up(self) -> Mapping[str, Any]:
        """Return what was seen beside the outcomes by the actor that is there, and by those that left before it."""
        told = self.ask({"sum": True}, START_S) if self.socket is not None else None
        sums = [*self.spent.sums, sum_in(told)]
        seen: dict[str, Counter[str]] = {}
        for one in sums:
            for name, counts in one["seen"].items():
                seen.setdefault(name, Counter()).update(counts)
        lists = {name: sorted({*itertools.chain(*(one[name] for one in sums))}) for name in ("arcs", "changed", "absent")}
        lists["changed"] += ["the line to its judge"] if self.spent.forged else []
        looked = sum((Counter(one["looked"]) for one in sums), Counter())
        return {**lists, "seen": {name: dict(one) for name, one in seen.items()}, "looked": dict(looked), "failed": self.failed}

    def _answer(self, within_s: float) -> dict[str, Any] | str:
        """Return the next line, or why there is none: LATE, GONE or FORGED."""
        assert self.socket is not None, "it was started"
        until = time.monotonic() + within_s
        parts, size = [self.left], len(self.left)
        try:
            while b"\n" not in parts[-1]:
                self.socket.settimeout(max(0.001, until - time.monotonic()))
                got = self.socket.recv(1 << 18)
                size += len(got)
                if not got or size > LINE_BYTES_MAX:
                    return FORGED if size else GONE
                parts.append(got)
        except TimeoutError:
            return LATE
        except OSError:
            return GONE
        line, _, self.left = b"".join(parts).partition(b"\n")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            return FORGED
        return answer if isinstance(answer, dict) else FORGED


def _line(token: str, message: Mapping[str, Any]) -> bytes:
    return json.dumps({"token": token, **message}, separators=(",", ":")).encode() + b"\n"
