"""What is proven: a module of our own, once or many times, and two packages with the suites that their authors publish.

Why: speed counts on ordinary code, agreement on code and tests that nobody here wrote. Packages are fetched by pip, by the hashes below.
Every tool gets a copy of its own, with settings that say the same to all, because mutmut and Cosmic Ray write into it.
"""

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
SHOP = Path(__file__).parent / "shop"
CACHE = ROOT / ".venv-bench/sdists"
ASIDE = shutil.ignore_patterns("__pycache__", "*.egg-info", "pyproject.toml", "setup.*", "tox.ini", "pytest.ini")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Code and its tests, as places inside a folder; `digest` is that of a package's archive, `copies` counts a module of our own."""

    name: str
    version: str = ""
    digest: str = ""
    code: str
    tests: str
    ignored: Sequence[str] = ()
    copies: int = 1


MODULE = Subject(name="shop", code="shop", tests="tests")
PACKAGES = (
    Subject(
        name="cachetools", version="8.0.2", digest="30ac523adfc118b51d2b2e7bad8a0ddb31370dfe2700c7f10ca224f36ccf81e0",
        code="src/cachetools", tests="tests",
    ),
    Subject(
        name="toolz", version="1.2.0", digest="9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490",
        code="toolz", tests="toolz/tests",
        # They ask for an installation, another package, and the names in a module, to which mutmut adds some of its own.
        ignored=("test_package.py", "test_tlz.py", "test_curried.py"),
    ),
)  # fmt: skip


@contextmanager
def project(subject: Subject) -> Iterator[Path]:
    """Lend a new copy of a subject, in a folder that is removed afterwards."""
    with TemporaryDirectory() as name:
        folder = Path(name).resolve() / subject.name
        if subject.digest:
            shutil.copytree(_fetched(subject), folder, ignore=ASIDE)
        else:
            _copies(subject, folder)
        (folder / "pyproject.toml").write_text(
            f"""[tool.pytest.ini_options]
testpaths = ["{subject.tests}"]
pythonpath = [".", "src"]
addopts = {json.dumps(["-p", "no:cacheprovider", *(f"--ignore={subject.tests}/{one}" for one in subject.ignored)])}

[tool.mutmut]
source_paths = ["{subject.code.split("/", maxsplit=1)[0]}"]
do_not_mutate = ["*/tests/*"]
pytest_add_cli_args_test_selection = ["{subject.tests}"]
""",
            encoding="utf-8",
        )
        yield folder


def _copies(subject: Subject, folder: Path) -> None:
    code, tests = ((SHOP / name).read_text(encoding="utf-8") for name in ("stock.py", "test_stock.py"))
    for part in (subject.code, subject.tests):
        (folder / part).mkdir(parents=True)
    (folder / subject.code / "__init__.py").touch()
    for number in range(subject.copies):
        (folder / subject.code / f"stock{number}.py").write_text(code, encoding="utf-8")
        text = tests.replace("from stock import", f"from {subject.code}.stock{number} import")
        (folder / subject.tests / f"test_stock{number}.py").write_text(text, encoding="utf-8")


def _fetched(subject: Subject) -> Path:
    """Return the unpacked source distribution, downloaded once; never installed."""
    target = CACHE / f"{subject.name}-{subject.version}"
    if not target.exists():
        pip = [sys.executable if find_spec("pip") else str(ROOT / ".venv/bin/python"), "-m", "pip", "-q", "--disable-pip-version-check"]
        with TemporaryDirectory() as name:
            wanted = Path(name) / "wanted.txt"
            wanted.write_text(f"{subject.name}=={subject.version} --hash=sha256:{subject.digest}\n", encoding="utf-8")
            ways = ["--no-deps", "--no-binary", ":all:", "--require-hashes", "-r", str(wanted)]
            subprocess.run([*pip, "download", *ways, "-d", name], check=True)
            with tarfile.open(next(Path(name).glob("*.tar.gz"))) as packed:
                packed.extractall(CACHE, filter="data")
    return target
