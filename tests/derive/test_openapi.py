import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from planaria.derive.openapi import openapi
from planaria.kernel.contract import Contract, operation, requires
from planaria.kernel.effect import Connects
from planaria.kernel.error import CellError
from planaria.kernel.system import System


@dataclass(frozen=True)
class Found:
    address: str
    rank: float = 0.5


@dataclass(frozen=True)
class Nothing:
    reason: str


class Closed(CellError):
    """The shelf is closed."""

    code = "SHELF-1"


class Gone(CellError):
    """It was taken away."""

    code = "SHELF-2"
    status: ClassVar[int] = 410


class Shelf(Contract):
    """Keeps pages. Why: people forget."""

    @operation(idempotent=True, deadline_s=2, effects=(Connects("example.org:443"),), errors=(Closed, Gone))
    @requires("the limit is 1 to 50", lambda limit: 1 <= limit <= 50)
    async def find(self, question: str, limit: int = 3) -> tuple[Found | Nothing, ...]:
        """Find pages.

        More of it.

        >>> await shelf.find("why", limit=2)
        (Found(address='a', rank=0.5),)
        >>> await shelf.find(unknown)
        Traceback (most recent call last):
        NameError: no
        >>> 1 + 1
        2
        """
        raise NotImplementedError

    @operation()
    async def count(self) -> int:
        """Count pages."""
        raise NotImplementedError


class Feed(Contract):
    """Tells."""

    @operation()
    def news(self) -> AsyncIterator[Found]:
        """Tell what comes."""
        raise NotImplementedError


class Stack(Contract):
    """Another."""

    @operation()
    async def find(self, depth: int) -> Nothing:
        """Find by depth."""
        raise NotImplementedError


@pytest.fixture(scope="module")
def system():
    system = System("reading room")
    system.add(Shelf)
    system.add(Stack)
    system.add(Feed)
    return system


@pytest.fixture(scope="module")
def document(system):
    return json.loads(openapi(system))


def test_is_valid_openapi_3_1(document):
    OpenAPIV31SpecValidator(document).validate()


def test_gives_the_same_bytes_for_the_same_contracts(system):
    assert openapi(system) == openapi(system)


def test_describes_each_operation_with_what_its_contract_says(document):
    found = document["paths"]["/cells/shelf/find"]["post"]
    assert (found["operationId"], found["tags"], found["summary"]) == ("shelf_find", ["shelf"], "Find pages.")
    assert found["description"] == "Find pages.\n\nMore of it."
    assert found["x-planaria"] | {"digest": ""} == {
        "contract": "Shelf", "digest": "", "idempotent": True, "deadline_s": 2, "effects": [str(Connects("example.org:443"))],
        "requires": ["the limit is 1 to 50"],
    }  # fmt: skip


def test_describes_a_stream_by_its_lines(document):
    (content,) = document["paths"]["/cells/feed/news"]["post"]["responses"]["200"]["content"].items()
    lines = {one["required"][0]: one["properties"] for one in content[1]["schema"]["oneOf"]}
    assert (content[0], list(lines), lines["item"]) == (
        "application/x-ndjson", ["item", "end", "problem"], {"item": {"$ref": "#/components/schemas/Found"}},
    )  # fmt: skip


def test_describes_arguments_with_their_defaults_and_nothing_else(document):
    schemas = document["components"]["schemas"]
    assert schemas["ShelfFindArguments"] == {
        "title": "ShelfFindArguments", "type": "object", "required": ["question"], "additionalProperties": False,
        "properties": {"question": {"type": "string"}, "limit": {"type": "integer", "default": 3}},
    }  # fmt: skip
    assert set(schemas["StackFindArguments"]["properties"]) == {"depth"}


def test_describes_unions_of_records(document):
    content = document["paths"]["/cells/shelf/find"]["post"]["responses"]["200"]["content"]
    schema = {**content["application/json"]["schema"], "components": document["components"]}
    jsonschema.validate([{"address": "a", "rank": 1.0}, {"reason": "gone"}], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{"address": 1}], schema)


def test_lists_declared_errors_under_their_status(document):
    responses = document["paths"]["/cells/shelf/find"]["post"]["responses"]
    assert responses["409"]["description"] == "SHELF-1: The shelf is closed."
    assert responses["410"]["description"] == "SHELF-2: It was taken away."
    assert "409" not in document["paths"]["/cells/shelf/count"]["post"]["responses"]


def test_takes_over_the_examples_whose_arguments_are_literals(document):
    content = document["paths"]["/cells/shelf/find"]["post"]["requestBody"]["content"]["application/json"]
    assert content["examples"] == {"example1": {"value": {"question": "why", "limit": 2}}}


def test_a_body_is_required_only_where_an_argument_is(document):
    paths = document["paths"]
    assert [paths[f"/cells/shelf/{name}"]["post"]["requestBody"]["required"] for name in ("find", "count")] == [True, False]


def test_health_needs_no_key_and_all_else_does(document):
    assert document["security"] == [{"bearer": []}, {"key": []}]
    assert [path for path, one in document["paths"].items() if one.get("get", {}).get("security") == []] == ["/health"]
