"""Replay a seed with its trace, or run many: `python -m tests.simulation 17`, `python -m tests.simulation --seeds 0 1000`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.run import simulate
from tests.simulation.world import Generations, write_generations

GRAVEYARD = Path(__file__).parent / "graveyard"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seed", type=int, nargs="?", help="replay this seed with its trace")
    parser.add_argument("--seeds", type=int, nargs=2, metavar=("FIRST", "END"), help="run these seeds; failing ones go to graveyard/")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generations = write_generations(Path(folder))
        if given.seeds:
            return many(range(*given.seeds), generations)
        return replay(given.seed or 0, generations)


def replay(seed: int, generations: Generations) -> int:
    from tests.simulation import cells

    try:
        simulate(seed, generations, trace=True)
    except Exception as error:
        print("\n".join(cells.World.last.trace))
        print(f"BROKEN: {type(error).__name__}: {error}")
        return 1
    print("\n".join(cells.World.last.trace))
    return 0


def many(seeds: range, generations: Generations) -> int:
    began, failed = time.perf_counter(), 0
    for count, seed in enumerate(seeds, start=1):
        try:
            simulate(seed, generations)
        except Exception as error:
            failed += 1
            text = f"{type(error).__name__}: {error}\n"
            GRAVEYARD.mkdir(exist_ok=True)
            (GRAVEYARD / f"{seed}.txt").write_text(text)
            print(f"seed {seed}: {text}", end="", flush=True)
        if count % 50 == 0 or count == len(seeds):
            print(f"{count}/{len(seeds)} seeds, {count / (time.perf_counter() - began):.0f} a second, {failed} failed", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
