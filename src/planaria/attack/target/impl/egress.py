"""Attacks on the broker: ways to reach what it must refuse, through the doors that a cell is given.

Why: the target may connect to one host, `allowed.invalid:443`, so the broker is there and listens to it.
Allows: reaching the inside of a network from a cell that may reach one host outside (SSRF).
"""

from typing import Any

from .means import Blocked, Facts, attack, facility

METADATA = "169.254.169.254"


def _connect(host: Any, port: int) -> str:
    facility("socket").create_connection((host, port), 2).close()
    return f"connected to {host!r}:{port}"


async def _open(host: Any, port: int) -> str:
    asyncio = facility("asyncio")
    async with asyncio.timeout(3):
        _, writer = await asyncio.open_connection(host, port)
    writer.close()
    return f"connected to {host!r}:{port}"


@attack()
async def asks_for_the_loopback(facts: Facts) -> str:
    """Ask for a connection to this machine itself, by its address.

    Allows: talking to services that trust the machine they run on.
    """
    return await _open("127.0.0.1", int(facts["tcp"]))


@attack()
async def asks_for_the_loopback_by_name(facts: Facts) -> str:
    """Ask for a connection to this machine itself, by its name.

    Allows: talking to services that trust the machine they run on.
    """
    return await _open("localhost", int(facts["tcp"]))


@attack()
def asks_for_the_loopback_written_as_a_number(facts: Facts) -> str:
    """Ask for this machine by its address written as one number, in octal, in hexadecimal, or shortened.

    Allows: passing a check that knows one way of writing addresses.
    """
    failures = []
    for host in ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "127.0.0.1.", "0.0.0.0"):  # noqa: S104 - that is the attack
        try:
            return _connect(host, int(facts["tcp"]))
        except OSError as error:
            failures.append(f"{host}: {type(error).__name__}")
    raise Blocked("; ".join(failures))


@attack()
def asks_for_the_loopback_inside_ipv6(facts: Facts) -> str:
    """Ask for this machine by its old address inside a new one.

    Allows: passing a check that knows one family of addresses.
    """
    failures = []
    for host in ("::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "[::1]", "::1%lo"):
        for port in (facts["tcp"], facts["tcp6"]):
            try:
                return _connect(host, int(port))
            except OSError as error:
                failures.append(f"{host}: {type(error).__name__}")
    raise Blocked("; ".join(failures))


@attack(bare="there is no such service here")
async def asks_for_the_metadata_of_the_cloud(_: Facts) -> str:
    """Ask for the address at which clouds give out their keys.

    Allows: taking over the machine's account at its provider.
    """
    return await _open(METADATA, 80)


@attack(bare="there is no such host")
async def asks_for_another_port_of_its_host(_: Facts) -> str:
    """Ask for the host that it may reach, at a port that it may not.

    Allows: talking to other services of the same host.
    """
    return await _open("allowed.invalid", 22)


@attack(bare="there is no such host")
async def asks_for_a_name_that_ends_like_its_host(_: Facts) -> str:
    """Ask for names that a careless comparison takes for the host that it may reach.

    Allows: reaching a host of the attacker's choice.
    """
    failures = []
    for host in ("evil-allowed.invalid", "allowed.invalid.evil.invalid", "evil.invalid#allowed.invalid", "evil.invalid\0allowed.invalid"):
        try:
            return await _open(host, 443)
        except (OSError, ValueError, TimeoutError) as error:
            failures.append(f"{host!r}: {type(error).__name__}")
    raise Blocked("; ".join(failures))


@attack(bare="no resolver takes such a name")
async def smuggles_a_second_request(facts: Facts) -> str:
    """Ask for a host whose name holds line ends and another request.

    Allows: having the broker run a request that was never checked.
    """
    return await _open(f"allowed.invalid\r\n\r\nCONNECT 127.0.0.1:{facts['tcp']}", 443)


@attack()
async def asks_with_values_of_no_sense(facts: Facts) -> str:
    """Ask for hosts and ports of the wrong type, the wrong size, and none at all.

    Allows: confusing the broker into a connection, or out of service.
    """
    failures = []
    cases: tuple[tuple[Any, Any], ...] = (
        ("a" * 1_000_000, 443), ("allowed.invalid", -1), ("allowed.invalid", 65_536 + int(facts["tcp"])), ("\ud800", 443),
        ("", int(facts["tcp"])),
        (b"127.0.0.1", int(facts["tcp"])), (None, int(facts["tcp"])), ("xn--" + "9" * 200, 443),
    )  # fmt: skip
    for host, port in cases:
        try:
            return await _open(host, port)
        except (OSError, ValueError, OverflowError, TypeError, TimeoutError) as error:
            failures.append(type(error).__name__)
    raise Blocked("; ".join(failures))


@attack(deadline_s=8)
async def asks_for_connections_without_end(facts: Facts) -> str:
    """Ask for a thousand connections at once.

    Allows: keeping the broker from serving anybody else.
    """
    asyncio = facility("asyncio")
    results = await asyncio.gather(*(_open("127.0.0.1", int(facts["tcp"])) for _ in range(1000)), return_exceptions=True)
    opened = [one for one in results if isinstance(one, str)]
    if not opened:
        raise Blocked("none of a thousand was opened")
    return f"{len(opened)} opened"


@attack(bare="there is no broker")
def takes_the_door_of_the_broker_apart(facts: Facts) -> str:
    """Speak to every inherited socket, as if it were the broker, in words of its own.

    Allows: a connection that the worker's side of the broker would not ask for.
    """
    from .channel import channels

    ask = f'{{"host":"127.0.0.1","port":{facts["tcp"]},"tls":false}}\n'.encode()
    sent = 0
    for one in channels():
        for text in (ask, len(ask).to_bytes(4, "big") + ask, len(ask).to_bytes(4, "little") + ask):
            try:
                sent += one.send(text, facility("socket").MSG_DONTWAIT)
            except OSError:
                continue
    raise Blocked(f"{sent} bytes were sent; the listener says whether somebody came")
