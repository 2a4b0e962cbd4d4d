"""Sockets that a library makes and connects itself; in a process of its own, since the broker needs the real ones."""

import asyncio
import sys

from tests.placement.egress.house import CELL, Names, echo, housed, source

PROGRAM = """if True:
    import asyncio, errno, socket, ssl, sys
    from planaria.placement.egress.client import install
    port, certificate = int(sys.argv[2]), sys.argv[3]
    undo = install(socket.socket(fileno=int(sys.argv[1])))

    def refused(kind, work, *given):
        try:
            work(*given)
        except kind as error:
            return str(error)
        raise AssertionError(f"{work} let through {given}")

"""
HERE = (("docs.example", None), ("localhost", None), ("127.0.0.1", None))


async def run(program, *, talk=echo, context=None, pem=""):
    """Run a program in a worker beside a source and a broker, and return what it prints."""
    names = Names(docs_example=("127.0.0.1",), localhost=("127.0.0.1",))
    async with source(talk, context) as port, housed(*HERE, names=names) as house:
        number = house.ends[1].fileno()
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM + program, str(number), str(port), pem,
            pass_fds=[number], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await worker.communicate()
        worker._transport.close()
        await house.gone()
        return out.decode().split("\n")[:-1], house.kept.counts(CELL)


async def test_a_socket_is_made_set_connected_and_used():
    printed, counts = await run("""
    (family, kind, proto, _, address), = socket.getaddrinfo("docs.example", port, 0, socket.SOCK_STREAM)
    one = socket.socket(family, kind, proto)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    one.settimeout(30)
    print(refused(OSError, one.getpeername))
    one.connect(address)
    print(one.getpeername() == ("127.0.0.1", port), one.gettimeout(), one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    one.sendall(b"abc")
    one.shutdown(socket.SHUT_WR)
    print(one.makefile("rb").read())
    one.close()
    with socket.socket() as two:
        print(two.connect_ex(("127.0.0.1", port)), two.send(b"a"))
    """)
    assert printed == ["[Errno 107] Transport endpoint is not connected", "True 30.0 0", "b'abc'", "0 1"]
    assert counts == {"completed": 2}


async def test_a_loop_connects_a_socket():
    printed, _ = await run("""
    async def main():
        loop = asyncio.get_running_loop()
        (family, kind, proto, _, address), *_ = await loop.getaddrinfo("docs.example", port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind | socket.SOCK_NONBLOCK, proto) as one:
            await loop.sock_connect(one, address)
            reader, writer = await asyncio.open_connection(sock=one)
            writer.write(b"abc")
            print(await reader.readexactly(3), writer.get_extra_info("peername") == ("127.0.0.1", port))
            writer.close()
            await writer.wait_closed()
    asyncio.run(main())
    """)
    assert printed == ["b'abc' True"]


async def test_tls_goes_around_a_socket_before_or_after_it_is_connected(tls):
    printed, _ = await run(
        """
    context = ssl.create_default_context(cadata=certificate)
    for before in (True, False):
        one = socket.socket(socket.AF_INET)
        if before:
            one = context.wrap_socket(one, server_hostname="localhost")
        one.connect(("localhost", port))
        if not before:
            one = context.wrap_socket(one, server_hostname="localhost")
        one.sendall(b"abc")
        print(one.recv(3), one.version() is not None)
        one.close()
    """,
        context=tls.server,
        pem=tls.certificate,
    )
    assert printed == ["b'abc' True"] * 2


async def test_what_a_broker_cannot_give_is_refused():
    printed, _ = await run("""
    print(refused(ConnectionRefusedError, socket.socket().connect, ("192.0.2.1", 80)).splitlines()[0])
    (*_, address), = socket.getaddrinfo("other.example", 80)
    print(refused(ConnectionRefusedError, socket.socket().connect, address).splitlines()[0])
    print(socket.socket().connect_ex(("169.254.169.254", 80)) == errno.ECONNREFUSED)
    print(refused(PermissionError, socket.socket().bind, ("127.0.0.1", 0)))
    one = socket.socket()
    one.setblocking(False)
    print(refused(OSError, one.connect, ("docs.example", port))[:15], one.connect_ex(("docs.example", port)) == errno.EOPNOTSUPP)
    """)
    assert printed == [
        "PLN-P602: cell 'intake' may not reach 192.0.2.1:80",
        "PLN-P602: cell 'intake' may not reach other.example:80",
        "True",
        "[Errno 1] no one may be let in here",
        "[Errno 95] use  True",
    ]


async def test_sockets_of_this_machine_work_as_before():
    printed, _ = await run("""
    import os, tempfile
    async def looped(one, path):
        await asyncio.get_running_loop().sock_connect(one, path)
        print("connected")
    one, two = socket.socketpair()
    one.sendall(b"abc")
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 5000)
    print(two.recv(3), one.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM, repr(one.getpeername()))
    path = os.path.join(tempfile.mkdtemp(), "here")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
        print(server.accept()[0].fileno() > 0, socket.socket(socket.AF_UNIX).connect_ex(path))
        with socket.socket(socket.AF_UNIX) as third:
            third.setblocking(False)
            asyncio.run(looped(third, path))
    os.unlink(path)
    os.rmdir(os.path.dirname(path))
    undo()
    print(socket.socket().family == socket.AF_INET, len(socket.getaddrinfo(None, 80, type=socket.SOCK_STREAM)) > 0)
    """)
    assert printed == ["b'abc' True ''", "True 0", "connected", "True True"]
