import os
import shutil
from pathlib import Path

import pytest

from planaria.gates.verdict import Limits
from planaria.regen.scratch import Scratch, SystemCopy
from tests.regen.shop import Shop, shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shop_in(tmp_path)


@pytest.fixture
def copy(shop: Shop):
    scratch = Scratch.open(shop.scratch)
    yield scratch.proposing(shop.root, "cart", 1)
    scratch.close()
    assert list(shop.scratch.iterdir()) == []


def impl(copy: SystemCopy) -> Path:
    return copy.system / "cells" / "cart" / "impl"


def told(copy: SystemCopy, **limits) -> list[str]:
    return [f"{one.file}: {one.what}" for one in copy.collect(Limits(**limits))[1]]


def test_a_copy_holds_the_system_without_what_it_makes_at_run_time(shop: Shop) -> None:
    outside = shop.root.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_text("x")
    for name in (".planaria", ".git", "cells/cart/impl/__pycache__"):
        (shop.root / name).mkdir()
        (shop.root / name / "file").write_text("x")
    (shop.root / "link").symlink_to(outside)
    (shop.root / "linked").symlink_to(outside / "secret")
    (shop.root / "inside").symlink_to(shop.root / "system.py")
    scratch = Scratch.open(shop.scratch)
    system = scratch.proposing(shop.root, "cart", 1).system
    assert sorted(one.name for one in system.iterdir()) == ["cells", "inside", "system.py"]
    assert not (system / "inside").is_symlink()
    assert sorted(one.name for one in (system / "cells/cart/impl").iterdir()) == ["__init__.py", "rebate.py"]
    scratch.close()


def test_only_the_text_of_the_implementation_leaves_it(copy: SystemCopy) -> None:
    (impl(copy) / "inner").mkdir()
    (impl(copy) / "inner" / "a.py").write_text("x = 1\n")
    (impl(copy) / "rebate.py").unlink()
    (impl(copy) / ".hidden").write_text("x")
    (impl(copy) / "__pycache__").mkdir()
    (impl(copy) / "__pycache__" / "a.pyc").write_text("x")
    (copy.system / ".pytest_cache").mkdir()
    files, findings = copy.collect(Limits())
    assert (sorted(files), findings) == (["__init__.py", "inner/a.py"], [])


def test_links_devices_large_files_and_other_text_are_refused(copy: SystemCopy) -> None:
    (impl(copy) / "link.py").symlink_to("/etc/hostname")
    (impl(copy) / "folder").symlink_to("/etc")
    os.mkfifo(impl(copy) / "pipe.py")
    (impl(copy) / "large.py").write_bytes(b"x" * 3000)
    (impl(copy) / "odd.py").write_bytes(b"\xff")
    assert told(copy, bytes_max=2000) == [
        "impl/folder: it is a link",
        "impl/large.py: it is larger than 2,000 bytes",
        "impl/link.py: it is a link",
        "impl/odd.py: it is not UTF-8",
        "impl/pipe.py: it is no plain file",
    ]


def test_too_many_files_are_not_all_read(copy: SystemCopy) -> None:
    for number in range(9):
        (impl(copy) / f"f{number}.py").write_text("")
    assert told(copy, files_max=3) == [": it has more than 3 files"]


@pytest.mark.parametrize("part", ["cells", "cells/cart", "cells/cart/impl"])
def test_a_folder_above_that_became_a_link_is_refused_and_not_followed(copy: SystemCopy, part: str) -> None:
    moved = copy.system.parent / "moved"
    (copy.system / part).rename(moved)
    (copy.system / part).symlink_to(moved)
    files, findings = copy.collect(Limits())
    assert files == {}
    assert findings[-1].what == f"{part} is no folder any more"


def test_an_implementation_that_is_gone_is_refused(copy: SystemCopy) -> None:
    shutil.rmtree(impl(copy))
    assert told(copy) == [": cells/cart/impl is no folder any more"]


def test_what_changed_elsewhere_is_named_and_a_long_list_is_cut(copy: SystemCopy) -> None:
    (copy.system / "system.py").unlink()
    (copy.system / "system.py").symlink_to("elsewhere")
    os.mkfifo(copy.system / "pipe")
    for number in range(20):
        (copy.system / f"x{number:02}").write_text("")
    (found,) = told(copy)
    assert found.startswith("pipe: it changed what is outside the implementation: pipe, system.py, x00,")
    assert found.endswith("and 12 more")


def test_a_folder_that_nobody_may_write_is_removed_too(shop: Shop) -> None:
    scratch = Scratch.open(shop.scratch)
    folder = scratch.proposing(shop.root, "cart", 1).system / "cells"
    folder.chmod(0o500)
    scratch.close()
    assert list(shop.scratch.iterdir()) == []


def test_a_candidate_is_judged_in_a_copy_of_the_originals(shop: Shop) -> None:
    scratch = Scratch.open(shop.scratch)
    system = scratch.judging(shop.root, "cart", 1, {"__init__.py": b"x = 1\n", "inner/a.py": b""}).system
    assert sorted(str(one.relative_to(system)) for one in (system / "cells/cart/impl").rglob("*.py")) == [
        "cells/cart/impl/__init__.py", "cells/cart/impl/inner/a.py"
    ]  # fmt: skip
    assert (system / "cells/cart/tests/test_cart.py").read_text() == (shop.root / "cells/cart/tests/test_cart.py").read_text()
    scratch.close()
