"""Statements of a worker: read as what SQLite takes, and as nothing else."""

import pytest

from planaria.placement.codec import CodecError
from planaria.placement.process.exchange import read_statement
from tests.placement.process.test_link import encode


def test_a_parameter_of_a_statement_is_no_container():
    for bad in ([1], {(1, 2): 3}):
        for given in ([bad], {"name": bad}):
            with pytest.raises(CodecError):
                read_statement(encode(("select 1", given)))
    assert read_statement(encode(("select 1", [1, None, "a", b"b"]))) == ("select 1", [1, None, "a", b"b"])
    assert read_statement(encode(("select 1", {"name": 0.5}))) == ("select 1", {"name": 0.5})
