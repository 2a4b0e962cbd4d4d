"""A nursery whose workers are threads: the same code on both sides, unconfined, where a test can look at it."""

import asyncio
import os
import socket
import threading

from planaria.placement.process.placement import Process
from planaria.placement.process.worker import live


class Stand:
    """Stands for a child process; killing it cuts its channel."""

    def __init__(self, sockets, cut):
        self.pid, self.pidfd = os.getpid(), os.open(os.devnull, os.O_RDONLY)
        self.sockets, self.cut = sockets, cut

    def kill(self):
        for one in self.cut:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class ThreadNursery:
    """Run workers in threads of this process."""

    async def spawn(self, modules, policy, descriptors, ended):
        _, *lines = [os.dup(one) for one in descriptors]
        os.close(_)
        sockets = [socket.socket(fileno=one) for one in lines]
        cut = [one.dup() for one in sockets]
        loop = asyncio.get_running_loop()

        def run():
            code = 0
            try:
                live(*sockets)
            except SystemExit as error:
                code = error.code
            finally:
                for one in (*sockets, *cut):
                    one.close()
                if not loop.is_closed():
                    loop.call_soon_threadsafe(ended, code)

        threading.Thread(target=run, daemon=True).start()
        return Stand(sockets, cut)

    async def close(self):
        """Do nothing: each thread ends with its seat."""


def in_threads(root):
    place = Process(root)
    place.nursery = ThreadNursery()
    return place
