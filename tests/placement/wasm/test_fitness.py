"""What a guest cannot do is found before it runs."""

import pytest

from planaria.placement.wasm.fitness import unfit


@pytest.mark.parametrize(
    "text",
    [
        "import msgspec\nmsgspec.json.encode(1)\n",
        "import msgspec as m\nm.json.decode(b'1', type=int)\n",
        "from msgspec import json\njson.encode(1)\n",
        "from msgspec import convert\nconvert(1, int)\n",
        "import msgspec.json\n",
    ],
)
def test_msgspec_is_there_for_contracts_alone(text):
    (problem,) = unfit({"__init__.py": text.encode()})
    assert "use `json`" in problem


@pytest.mark.parametrize(
    "text", ["import json\njson.dumps(1)\n", "import msgspec\nclass A(msgspec.Struct): pass\n", "from msgspec.structs import replace\n"]
)
def test_what_contracts_use_of_msgspec_is_fine(text):
    assert unfit({"__init__.py": text.encode()}) == []
