"""What people would use instead: mutmut 3, which forks a process for each mutant, and Cosmic Ray, which starts pytest for each.

Why: each runs by its own command with its defaults, on one core. mutmut keeps its mutants as functions beside the original in
`mutants/`, and the status of the process that ran each in a `.meta` file; both are read as they stand.
Cosmic Ray runs a part of its mutants, drawn by a seed, because it is slow, and what it does for one does not depend on the others.
"""

import ast
import json
import re
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from process import Ended, finished
from subjects import Subject

KILLED, LIVED, LATE, UNREACHED = "killed", "lived", "out of time", 33
# The statuses of mutmut: pytest's (3 is an error inside it), its own for no tests, and a limit of processor time.
STATUSES = {1: KILLED, 3: KILLED, 0: LIVED, 5: LIVED, UNREACHED: LIVED, -24: LATE, 24: LATE, 152: LATE, 36: LATE}
MANGLED = re.compile(r"x(?:_|ǁ(?P<owner>.+)ǁ)(?P<name>.+)__mutmut_\d+")
BESIDE = Path(sys.executable).parent
SEED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What a tool made of a project: mutants with a verdict, those of them that some test reaches, and how its process ended."""

    mutants: int
    reached: int
    ended: Ended

    @property
    def rate(self) -> float:
        """Return the mutants per CPU second that some test reaches."""
        return self.reached / self.ended.cpu_s


def mutmut(folder: Path) -> Peer:
    """Run mutmut on a project."""
    ended = finished([str(BESIDE / "mutmut"), "run", "--max-children", "1"], folder, is_sound=True)
    statuses = [one for told in _metas(folder).values() for one in told.values()]
    return Peer(mutants=len(statuses), reached=sum(one != UNREACHED for one in statuses), ended=ended)


def _metas(folder: Path) -> dict[str, dict[str, int]]:
    """Return the statuses of mutmut, by file and by name of the mutant's function."""
    found = {}
    for path in sorted((folder / "mutants").rglob("*.meta")):
        told = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        name = str(path.relative_to(folder / "mutants")).removesuffix(".meta")
        found[name] = {key.rpartition(".")[2]: status for key, status in told.items() if status is not None}
    return found


def verdicts_of_mutmut(folder: Path) -> dict[tuple[str, str, str], str]:
    """Return the verdicts of mutmut on a project's mutants, by file, name of the function, and its text."""
    found = {}
    for file, statuses in _metas(folder).items():
        for node in ast.walk(ast.parse((folder / "mutants" / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in statuses:
                status, parts = statuses[node.name], MANGLED.fullmatch(node.name)
                assert parts, node.name
                name = ".".join(filter(None, (parts["owner"], parts["name"])))
                found[file, name, normal(node, parts["name"])] = STATUSES.get(status, f"status {status}")
    return found


def normal(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> str:
    """Return a function as the text of its syntax tree, without decorators and under a name."""
    node.name, node.decorator_list = name, []
    return ast.unparse(node)


def cosmic_ray(folder: Path, subject: Subject, part: int) -> Peer:
    """Run Cosmic Ray on a project, on so many of its mutants."""
    session = folder / "cosmic.sqlite"
    (folder / "cosmic.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "{subject.code}"\ntimeout = 30.0\nexcluded-modules = []\n'
        f'test-command = "{sys.executable} -m pytest -x -q {subject.tests}"\n[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    finished([str(BESIDE / "cosmic-ray"), "init", "cosmic.toml", session.name], folder, is_sound=True)
    with sqlite3.connect(session) as database:
        places = "module_path, start_pos_row, start_pos_col, operator_name, occurrence, job_id"
        jobs = sorted(database.execute(f"SELECT {places} FROM mutation_specs"))
        struck = Random(SEED).sample(jobs, max(0, len(jobs) - part))
        for table in ("mutation_specs", "work_items"):
            database.executemany(f"DELETE FROM {table} WHERE job_id = ?", [one[-1:] for one in struck])
    ended = finished([str(BESIDE / "cosmic-ray"), "exec", "cosmic.toml", session.name], folder, is_sound=True)
    with sqlite3.connect(session) as database:
        done = database.execute("SELECT count(*) FROM work_results WHERE worker_outcome = 'NORMAL'").fetchone()[0]
    return Peer(mutants=done, reached=done, ended=ended)
