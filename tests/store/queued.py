"""Bodies and a gate for tests of the store: what queues up behind the gate runs as one group."""

import asyncio
import threading

ADD = "insert into a__item(name) values (?)"
NAMES = "select name from a__item where id > 1 order by id"


def adding(name, *, then=None):
    def body(session):
        session.execute("a", ADD, [name])
        if then is not None:
            raise then
        return name

    return body


async def names(store):
    return [name for (name,) in await store.read(lambda session: session.execute("a", NAMES))]


class Gate:
    """Holds the writer inside a body until it is opened, so that others queue up into one group."""

    def __init__(self):
        self.entered, self.opened = threading.Event(), threading.Event()

    def body(self, session):
        self.entered.set()
        assert self.opened.wait(30)

    async def close(self, store):
        task = asyncio.create_task(store.write(self.body))
        await asyncio.to_thread(self.entered.wait, 30)
        return task
