"""A small shop: a cart that asks the stock."""

from cells.cart.contract import Cart
from cells.stock.contract import Stock
from planaria import System

system = System("shop")
system.add(Stock)
system.add(Cart, uses=(Stock,))
