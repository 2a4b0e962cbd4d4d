"""The enclosure of a judge's worker: what it may still touch once the code of strangers is about to be loaded.

Why: a candidate is hostile until proved otherwise, and the process that runs it may read the copy of the system in which it
is judged, and nothing else: no keys, no network, no other process, no file to write.
Decision D-058: a worker that cannot be confined does not run, unless `PLANARIA_JUDGE=unconfined` says so. Because a gate that
quietly judges outside a sandbox is the one that is used against its owner. Revisit when macOS offers a sandbox to ordinary users.
Not here: the sandbox (`placement.sandbox`), the limits in time (`judged`).
"""

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from planaria.placement.sandbox.confinement import confine
from planaria.placement.sandbox.error import Unenforceable
from planaria.placement.sandbox.identity import claim, needs_claim
from planaria.placement.sandbox.policy import MEGABYTE, Policy

VARIABLE, UNCONFINED = "PLANARIA_JUDGE", "unconfined"
MEMORY_BYTES = 1024 * MEGABYTE
FILES_MAX, PROCESSES_MAX = 256, 64


class JudgeNotConfined(Unenforceable):
    """The worker of a judge cannot be confined here."""

    code = "PLN-L220"
    what = "a candidate cannot be judged here: {text}"
    why = "it is code of strangers, and is run in a sandbox or not at all"
    fix = "see `planaria doctor` for what is missing; on a machine that holds nothing else, set PLANARIA_JUDGE=unconfined"


def enclose(
    reads: Iterable[Path], *, keep: Collection[int], limits: Mapping[str, Any], writes: Iterable[Path] = (), forks: bool = False
) -> bool:
    """Confine this process for good to reading `reads` and changing `writes`; false where the operator has said that it need not be.

    What it forks is confined likewise; it starts no program.

    Raises: `PLN-L220`.
    """
    if os.environ.get(VARIABLE) == UNCONFINED:
        return False
    policy = Policy(
        reads=tuple(str(one.resolve()) for one in reads), writes=tuple(str(one.resolve()) for one in writes),
        memory_bytes=limits.get("memory_bytes") or MEMORY_BYTES,
        cpu_s=limits.get("cpu_s"), uid=_uid(), spawn=forks, files_max=FILES_MAX, processes_max=PROCESSES_MAX,
    )  # fmt: skip
    try:
        confine(policy, keep=keep)
    except Unenforceable as error:
        raise JudgeNotConfined(text=error.plain()["what"]) from error
    return True


def _uid() -> int | None:
    """Choose whom to become. The number is not held, as its socket is nothing to leave inside; the filter keeps two apart that share it."""
    if not needs_claim():
        return None
    with closing(claim()) as claimed:
        return claimed.uid
