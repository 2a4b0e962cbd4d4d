from pathlib import Path

import pytest

from planaria.regen.error import ProposerWrong
from planaria.regen.proposer import Proposed, Recorded, Task, proposer_from

TEXT = """# Proposals

## Attempt 1: a first try

Some words.

```python impl/__init__.py
x = 1
```

````python impl/inner/a.py
'''
```python
'''
````

```remove impl/old.py
```

```python
not a file
```

## Attempt 2

```python impl/../../system.py
x = 1
```
"""


def task(folder: Path, attempt: int) -> Task:
    (folder / "cells/cart/impl").mkdir(parents=True, exist_ok=True)
    return Task(system=folder, cell="cart", attempt=attempt, pack="", pack_file=folder / "pack.md")


async def test_a_recorded_attempt_writes_whole_files_and_removes_others(tmp_path: Path) -> None:
    given = task(tmp_path, 1)
    impl = tmp_path / "cells/cart/impl"
    for name in ("old.py", "kept.py"):
        (impl / name).write_text("")
    assert await Recorded(Path("p.md"), TEXT).propose(given) == Proposed()
    assert sorted(str(one.relative_to(impl)) for one in impl.rglob("*.py")) == ["__init__.py", "inner/a.py", "kept.py"]
    assert (impl / "inner/a.py").read_text() == "'''\n```python\n'''\n"


async def test_a_recorded_file_outside_the_implementation_is_not_written(tmp_path: Path) -> None:
    proposed = await Recorded(Path("p.md"), TEXT).propose(task(tmp_path, 2))
    assert proposed.problem == "impl/../../system.py is not below impl/"
    assert not (tmp_path / "cells/system.py").exists()


async def test_an_attempt_that_is_not_recorded_is_the_end(tmp_path: Path) -> None:
    assert (await Recorded(Path("p.md"), TEXT).propose(task(tmp_path, 3))).is_last


@pytest.mark.parametrize("text", ["model:x", "recorded:none.md", "recorded:empty.md", "recorded:odd.md", "command:", "command:a 'b", "x"])
def test_a_proposer_that_cannot_be_asked_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.md").write_text("# Nothing")
    (tmp_path / "odd.md").write_bytes(b"\xff")
    with pytest.raises(ProposerWrong) as caught:
        proposer_from(text, folder=tmp_path, environment={})
    assert caught.value.code == "PLN-R103"


def test_a_proposer_is_named_without_its_arguments(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(TEXT)
    assert proposer_from("recorded:p.md", folder=tmp_path, environment={}).name == "recorded:p.md"
    assert proposer_from("command:/usr/bin/agent --key secret", folder=tmp_path, environment={}).name == "command:agent"
