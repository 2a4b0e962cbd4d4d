"""The probe's contract: give back what was given, so that nothing but the way there is measured.

Why: what a placement adds to a call is the same for every cell on this machine, and no cell of a user need be called for it.
Not here: measuring (`assemble.relocation`).
"""

from planaria.kernel.contract import Contract, operation


class Probe(Contract):
    """Gives back what it gets."""

    @operation(idempotent=True, deadline_s=30)
    async def echo(self, text: str) -> str:
        """Give the text back.

        >>> await probe.echo("a")
        'a'
        """
        raise NotImplementedError
