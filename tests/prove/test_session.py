"""The process that measures loads the plug-ins that the suite's own runs load."""

import asyncio
import os

import pytest

from planaria.prove.run import Request, prove

TEST = """
from small import double

def test_double(pytestconfig):
    assert double(2) == 4
    assert pytestconfig.pluginmanager.hasplugin("asyncio") is {loaded}
"""


@pytest.mark.parametrize("more, loaded", [({}, True), ({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, False)])
def test_plug_ins_that_its_user_leaves_out_stay_out(tmp_path, more, loaded):
    (tmp_path / "small.py").write_text("def double(number):\n    return number * 2\n")
    (tmp_path / "test_small.py").write_text(TEST.format(loaded=loaded))
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_DISABLE_PLUGIN_AUTOLOAD"}
    foreign = {"PYTEST_ADDOPTS": "--no-such-option"}  # what else is meant for another run is not for this one
    request = Request(
        path=tmp_path / "small.py", tests=(tmp_path / "test_small.py",), rounds=False, environment=environment | foreign | more
    )
    assert [one.result for one in asyncio.run(prove(request)).tests] == ["passed"]
