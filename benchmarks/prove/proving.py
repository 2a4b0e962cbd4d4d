"""planaria, measured like its peers: a process that proves one project, and what it found.

Why: the proof as values holds every mutant with its verdict, where `planaria prove --json` tells only those that live; the work is the
same. With `rounds` it runs as people run it: suites shuffled, on hollow code and on another day as well, which no peer does.
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from peers import Peer
from process import finished
from subjects import Subject

from planaria.prove.mutant import Mutant
from planaria.prove.proof import Proven
from planaria.prove.run import Request, prove


def planaria(folder: Path, subject: Subject, *, jobs: int = 1, rounds: bool = False) -> tuple[Peer, list[Proven]]:
    """Prove a project in a process of its own, without a cache."""
    command = [
        sys.executable,
        str(Path(__file__).resolve()),
        subject.code,
        subject.tests,
        str(jobs),
        "../proof.json",
        *(["rounds"] if rounds else []),
    ]
    ended = finished(command, folder, is_sound=True)
    told = json.loads((folder / "../proof.json").read_text(encoding="utf-8"))
    ours = [Proven(mutant=Mutant(**mutant), verdict=verdict, why=why) for mutant, verdict, why in told]
    return Peer(mutants=len(ours), reached=sum(one.verdict != "unreached" for one in ours), ended=ended), ours


def main(code: str, tests: str, jobs: str, into: str, *more: str) -> None:
    """Prove the project in this folder, and write down its mutants."""
    request = Request(path=Path(code), tests=(Path(tests),), jobs=int(jobs), rounds=bool(more), environment=dict(os.environ))
    proof = asyncio.run(prove(request))
    told = [(asdict(one.mutant), one.verdict, one.why) for one in proof.mutants]
    Path(into).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
