import ctypes
import importlib.util
import pickle
import sqlite3
from inspect import stack
import pytest


def per_cent(pieces):
    return 5 if pieces >= 10 else 0
