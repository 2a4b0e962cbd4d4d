import errno
import json
import pickle
import socket
from pathlib import Path

import pytest

from planaria import Connects, Contract, Failed, Reads, Spawns, Writes, operation
from planaria.placement.right import RightProblems
from planaria.placement.tripwire import EffectRefused, NeverInProcess, TripwireProblems
from planaria.placement.tripwire.event import Touch
from planaria.placement.tripwire.watch import TOUCHES_MAX, Watch, mode_and_effects
from tests.placement.tripwire.doer import Doer, doing, touched


def watch_of(*effects, root=Path("/srv/shop"), mode="refuse"):
    class Cart(Contract):
        """Declares what a test gives it."""

        @operation(effects=effects)
        async def add(self) -> None:
            """Add."""

    told = []
    watch = Watch("cart", Cart, root=root, complain=told.append)
    watch.mode, watch.told = mode, told
    return watch


def refusal_of(touch):
    with pytest.raises(PermissionError) as caught:
        watch_of().judge([touch], importing=False)
    return caught.value


def judged(watch, *touches, importing=False):
    """Return the code of the refusal, or nothing."""
    try:
        watch.judge(touches, importing=importing)
    except (EffectRefused, NeverInProcess) as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    "effect, fine, refused",
    [
        (Reads("pages/"), [("reads", "/srv/shop/pages/a"), ("reads", "/srv/shop/pages")], [("reads", "/srv/shop/pages2")]),
        (Reads("pages/"), [], [("writes", "/srv/shop/pages/a")]),
        (Writes("/var/out"), [("writes", "/var/out/a/b"), ("reads", "/var/out/a")], [("writes", "/var"), ("reads", "/var/b")]),
        (Reads(), [("reads", "/etc/shadow")], [("writes", "/srv/other/a")]),
        (Connects("docs.example:443"), [("connects", "docs.example:443"), ("connects", "docs.example:*")], []),
        (Connects("docs.example:443"), [], [("connects", "docs.example:80"), ("connects", "x.docs.example:443")]),
        (Connects("docs.example:*"), [("connects", "docs.example:80")], [("connects", "other.example:80")]),
        (Connects("docs.example"), [("connects", "docs.example:80")], [("connects", "other.example:80")]),
        (Connects("*.example:443"), [("connects", "a.example:443")], [("connects", "a.test:443")]),
        (Connects("[::1]:80"), [("connects", "::1:80")], [("connects", "::2:80")]),
        (Connects("unix:/run/db"), [("connects", "unix:/run/db")], [("connects", "unix:/run/other"), ("connects", "db:80")]),
        (Connects(), [("connects", "anything:1")], [("listens", "0.0.0.0:1")]),
        (Spawns("true"), [("spawns", "true"), ("spawns", "/usr/bin/true")], [("spawns", "/srv/other/true"), ("spawns", "fork")]),
        (Spawns(), [("spawns", "fork")], [("process", "os.kill")]),
    ],
)  # fmt: skip
def test_what_is_declared_may_be_touched(effect, fine, refused):
    assert [judged(watch_of(effect), Touch(*one)) for one in fine] == [""] * len(fine)
    assert all(judged(watch_of(effect), Touch(*one)) for one in refused)


def test_an_address_may_be_reached_after_a_declared_name_was_looked_up():
    watch = watch_of(Connects("docs.example:443"))
    assert judged(watch, Touch("connects", "192.0.2.7:443")) == "PLN-P903"
    assert judged(watch, Touch("connects", "docs.example:443"), Touch("connects", "192.0.2.7:443")) == ""
    assert judged(watch, Touch("connects", "192.0.2.7:80")) == "PLN-P903"


def test_a_refusal_names_the_line_that_would_declare_it():
    error = refusal_of(Touch("reads", "/srv/shop/pages/a.html"))
    assert 'effects=(Reads("pages/a.html"),)' in str(error)
    assert "cells/cart/contract.py" in str(error)
    error = refusal_of(Touch("listens", "0.0.0.0:80"))
    assert "planaria place cart process" in str(error)


def test_a_refusal_is_what_the_operating_system_would_say():
    error = refusal_of(Touch("reads", "/etc/shadow"))
    assert isinstance(error, OSError)
    assert error.errno == errno.EPERM
    assert json.loads(json.dumps(error.plain()))["code"] == "PLN-P903"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_path_with_control_characters_is_shown_without_them():
    error = refusal_of(Touch("reads", "/srv/other/\x1b[2J\n"))
    assert "\x1b" not in str(error)
    assert "\\x1b[2J\\n" in error.plain()["what"]
    assert len(Touch("reads", "a" * 10_000).shown) < 300


def test_the_same_refusal_is_told_once():
    watch = watch_of()
    for _ in range(3):
        judged(watch, Touch("reads", "/etc/shadow"))
    assert watch.told == ["cell 'cart' reads /etc/shadow, which its contract does not declare (PLN-P903)"]
    assert [(one.count, one.refused) for one in watch.touched()] == [(3, True)]


def test_what_is_kept_is_bounded():
    watch = watch_of(Reads())
    for number in range(TOUCHES_MAX + 5):
        judged(watch, Touch("reads", f"/data/{number}"))
    judged(watch, Touch("writes", "/data/new"))
    assert (len(watch.touched()), watch.more) == (TOUCHES_MAX, 6)
    assert watch.told == []


def test_recording_lets_everything_pass_and_keeps_it():
    watch = watch_of(mode="record")
    assert judged(watch, Touch("reads", "/etc/shadow"), Touch("native", "ctypes")) == ""
    assert [one.kind for one in watch.touched()] == ["reads", "native"]


def test_native_code_of_an_installed_package_is_kept_and_not_refused():
    watch = watch_of()
    assert judged(watch, Touch("native", "ctypes"), importing=True) == ""
    assert judged(watch, Touch("native", str(Path(pytest.__file__).with_name("x.so")))) == ""
    assert judged(watch, Touch("native", "/srv/other/x.so")) == "PLN-P904"
    assert [one.count for one in watch.touched()] == [1, 1, 1]


def test_devices_that_hold_nothing_are_no_effect():
    watch = watch_of()
    assert judged(watch, Touch("writes", "/dev/null"), Touch("reads", "/dev/urandom")) == ""
    assert watch.touched() == []


@pytest.mark.parametrize("limits, problem", [
    ({"memory_mb": 1}, "'memory_mb' is not kept in this process"),
    ({"tripwire": "loud"}, "tripwire is 'loud': use one of refuse, record, off"),
])  # fmt: skip
def test_a_limit_that_nothing_here_keeps_is_refused(limits, problem):
    with pytest.raises(TripwireProblems, match=problem):
        mode_and_effects("doer", Doer, limits)


def test_the_composition_may_narrow_what_the_contract_declares_and_not_widen_it():
    assert mode_and_effects("doer", Doer, {"may": (Reads("pages/a"),)}) == ("refuse", (Reads("pages/a"),))
    with pytest.raises(RightProblems, match="is not declared"):
        mode_and_effects("doer", Doer, {"may": (Reads("/etc"),)})


async def test_what_the_contract_declares_works(tmp_path):
    code = """
page = Path('ROOT/pages/a.html').read_text()
with open('ROOT/out/b', 'w') as file: file.write(page)
done = await asyncio.create_subprocess_exec('true')
return page, await done.wait(), len(os.listdir('ROOT/pages'))
"""
    async with doing(tmp_path) as run:
        assert await run(code) == "('a page', 0, 1)"
        assert {one[0] for one in touched(run)} == {"reads", "writes", "spawns"}


async def test_a_declared_host_is_reached_by_asyncio_and_by_sockets(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
reader, writer = await asyncio.open_connection('localhost', {port}, family=socket.AF_INET)
writer.close()
with socket.create_connection(('localhost', {port})) as one: return one.getpeername()[1]
"""
        async with doing(tmp_path) as run:
            with pytest.raises(Failed, match=r"connects 127\.0\.0\.1"):
                await run(f"socket.create_connection(('127.0.0.1', {port}))")
            assert await run(code) == str(port)


async def test_a_link_out_of_a_declared_folder_does_not_lead_out(tmp_path):
    async with doing(tmp_path) as run:
        (tmp_path / "pages" / "link").symlink_to(tmp_path / "secret")
        with pytest.raises(Failed, match=r"reads .*secret"):
            await run("open('ROOT/pages/link')")
        with pytest.raises(Failed, match=r"reads .*secret"):
            await run("open('ROOT/pages/../secret')")
