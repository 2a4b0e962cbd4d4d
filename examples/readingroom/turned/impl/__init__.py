"""An intake with the worst hole there is: it runs what a page holds. The demo puts it in force for a moment.

Why: gates judge what they can see, and one day they will have missed something; so what a turned cell can do must not hang
on them. This one is stopped by where it runs.
"""

from cells.intake.contract import Intake, NothingToRead
from cells.library.contract import Page


class TurnedIntake(Intake):
    async def fetch(self, address):
        raise NothingToRead(address=address)

    async def parse(self, address, html, charset=""):
        names = {}
        try:
            exec(html, names)
            told = f"did: {names.get('told')}"
        except BaseException as error:  # noqa: BLE001 - whatever stopped it is told
            told = f"stopped: {type(error).__name__}: {error}"
        return Page(address=address, title=told, passages=(), links=())

    async def shelve(self, address):
        raise NothingToRead(address=address)
