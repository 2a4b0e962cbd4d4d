import cells.stock.impl
from cells.stock import impl
from cells.stock.impl.words import count
import planaria.kernel.life
from planaria.kernel import loader
from planaria import System, __version__
from ... import tests
import planaria_generation.stock
import lxml.etree
import requests
from .other import thing


def per_cent(pieces):
    return 5 if pieces >= 10 else 0
