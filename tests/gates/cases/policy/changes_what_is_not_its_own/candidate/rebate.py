import json

from cells.cart.contract import Cart, Line
from planaria import State

TABLE = {}


def change(tx, value):
    json.dumps = value
    Cart.rebate = value
    Cart.__doc__ += "x"
    State.table["x"] = value
    setattr(Line, "sku", value)
    object.__setattr__(Line, "sku", value)
    del json.loads
    TABLE["x"] = value
    tx.own = value


def per_cent(pieces):
    return 5 if pieces >= 10 else 0
