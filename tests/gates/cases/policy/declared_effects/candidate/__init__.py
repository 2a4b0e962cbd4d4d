import asyncio
import random
import time
from pathlib import Path

from cells.cart.contract import Cart


class CartCell(Cart):
    async def touch(self, address):
        await asyncio.open_connection(address, 80)
        open(address)
        return time.time() + random.random() + len(Path(address).parts)
