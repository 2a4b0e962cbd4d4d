"""The probe: nothing but the way there and back.

Why: whatever else it did would be measured too.
Not here: its contract (`probe.contract`), measuring (`probe`).
"""

from planaria.assemble.probe.contract import Probe


class ProbeCell(Probe):
    """Gives back what it gets."""

    async def echo(self, text: str) -> str:
        """Give the text back."""
        return text
