"""The API description: an OpenAPI 3.1 document derived from the contracts of a system.

Why: a client in any language is made from it, so it says what the gateway does and nothing else: same types, same
statuses, same defaults; and the same contracts give the same bytes.
Not here: serving it (`gateway`), the schemas of types (`placement.schema`).
"""

import ast
import functools
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from planaria.kernel.contract import ContractDescription, OperationDescription, describe
from planaria.kernel.error import CellError
from planaria.kernel.system import System
from planaria.placement.codec import arguments_type
from planaria.placement.schema import schemas_of

Json = dict[str, Any]
PROBLEM_TYPE = "application/problem+json"
REFUSALS = {
    400: "The body is not JSON.",
    401: "There is no key, or it is not known.",
    403: "The key does not open this cell.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "The body is not what the contract declares, or a precondition does not hold.",
    429: "The key has too many requests running; `Retry-After` says when to come back.",
    500: "The operation failed; the request id leads to the cause.",
    503: "Nothing ran: busy, resting or down; `Retry-After` says when to come back.",
    504: "The deadline passed; it may have run in part.",
}
PROBLEM: Json = {
    "title": "Problem",
    "description": "A refusal or a fault, as RFC 9457 has it, with its cure.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:planaria:PLN-C202"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened."},
        "instance": {"type": "string", "description": "The id of the request."},
        "code": {"type": "string", "description": "Stable; `planaria explain CODE` tells more."},
        "why": {"type": "string"},
        "fix": {"type": "string", "description": "What cures it."},
        "facts": {"type": "object"},
    },
    "required": ["type", "title", "status", "detail", "instance", "code", "why", "fix", "facts"],
}
PARAMETERS: Json = {
    "RequestId": {
        "name": "X-Request-Id", "in": "header", "description": "An id for this request; it comes back, and stands in every log.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
    },
    "Deadline": {
        "name": "X-Deadline-S", "in": "header", "description": "A shorter deadline, in seconds.",
        "schema": {"type": "number", "exclusiveMinimum": 0},
    },
}  # fmt: skip
KEYS: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer pk_…`"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One operation where it is offered."""

    cell: str
    contract: ContractDescription
    operation: OperationDescription

    @property
    def path(self) -> str:
        return f"/cells/{self.cell}/{self.operation.name}"

    @property
    def types(self) -> tuple[Any, Any]:
        return arguments_type(self.operation, cell=self.cell), self.operation.returns


def openapi(system: System) -> bytes:
    """Return the document of a system's operations, the same bytes for the same contracts.

    >>> json.loads(openapi(System("shop")))["openapi"]
    '3.1.0'
    """
    places = list(_places(system))
    schemas, named = schemas_of([type_ for place in places for type_ in place.types])
    taken_in, given_out = schemas[::2], schemas[1::2]
    contracts = {cell: describe(plan.contract) for cell, plan in system.cells.items()}
    digest = hashlib.sha256("".join(f"{cell} {one.digest}\n" for cell, one in sorted(contracts.items())).encode())
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": system.name,
            "version": digest.hexdigest()[:12],
            "description": "The operations of its cells. The version is a digest of all contracts.",
        },
        "security": [{"bearer": []}, {"key": []}],
        "tags": [{"name": cell, "description": one.doc} for cell, one in contracts.items()],
        "paths": {
            place.path: {"post": _operation(place, body, answer)}
            for place, body, answer in zip(places, taken_in, given_out, strict=True)
        } | _own_paths(),
        "components": {
            "schemas": {"Problem": PROBLEM, **named}, "parameters": PARAMETERS, "securitySchemes": KEYS,
            "responses": {f"Problem{status}": _problem(text) for status, text in REFUSALS.items()},
        },
    }  # fmt: skip
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _places(system: System) -> Iterator[_Place]:
    for cell, plan in system.cells.items():
        contract = describe(plan.contract)
        for operation in contract.operations:
            yield _Place(cell=cell, contract=contract, operation=operation)


def _operation(place: _Place, body: Json, answer: Json) -> Json:
    operation, examples = place.operation, _examples(place.operation)
    return {
        "operationId": f"{place.cell}_{operation.name}",
        "tags": [place.cell],
        "summary": operation.doc.partition("\n")[0],
        "description": operation.doc.partition(">>>")[0].strip(),
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS],
        "requestBody": {
            "required": any(one.required for one in operation.parameters),
            "content": {"application/json": {"schema": body} | ({"examples": examples} if examples else {})},
        },
        "responses": {
            "200": _completed(answer, streams=operation.streams),
            **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in REFUSALS},
            **_declared(operation.errors),
        },
        "x-planaria": {
            "contract": place.contract.name,
            "digest": place.contract.digest,
            "idempotent": operation.idempotent,
            "deadline_s": operation.deadline_s,
            "effects": sorted(map(str, operation.effects)),
            "requires": [one.text for one in operation.conditions],
        },
    }


def _completed(answer: Json, *, streams: bool) -> Json:
    if not streams:
        return {"description": "Completed.", "content": {"application/json": {"schema": answer}}}
    lines = [
        {"type": "object", "required": [name], "properties": {name: schema}}
        for name, schema in (("item", answer), ("end", {"type": "integer"}), ("problem", {"$ref": "#/components/schemas/Problem"}))
    ]
    text = "A stream of JSON lines. The last is `end`, with the count of items, or `problem`; without it the stream was cut off."
    return {"description": text, "content": {"application/x-ndjson": {"schema": {"oneOf": lines}}}}


def _declared(errors: tuple[type[CellError], ...]) -> Json:
    by_status: dict[str, list[type[CellError]]] = {}
    for error in errors:
        by_status.setdefault(str(getattr(error, "status", 409)), []).append(error)
    return {
        status: _problem("; ".join(f"{one.code}: {(one.__doc__ or one.what).strip().partition(chr(10))[0]}" for one in several))
        for status, several in sorted(by_status.items())
    }


def _problem(text: str) -> Json:
    return {"description": text, "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _examples(operation: OperationDescription) -> Json:
    """Return the calls in the operation's examples whose arguments are plain literals."""
    found = [_arguments(one.source, operation) for one in operation.examples]
    return {f"example{number}": {"value": one} for number, one in enumerate(found, 1) if one is not None}


def _arguments(source: str, operation: OperationDescription) -> Json | None:
    calls = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == operation.name:
            names = [one.name for one in operation.parameters][: len(call.args)]
            given = [*zip(names, call.args, strict=False), *((one.arg, one.value) for one in call.keywords)]
            try:
                plain = {str(name): ast.literal_eval(value) for name, value in given}
                json.dumps(plain)
            except (ValueError, TypeError):
                return None
            return plain
    return None


@functools.cache
def _own_paths() -> Json:
    """Return the gateway's own addresses."""
    unknown = {"401": {"$ref": "#/components/responses/Problem401"}}

    def get(name: str, text: str, media_type: str, more: Json) -> Json:
        schema = {"type": "string" if media_type == "text/plain" else "object"}
        answer = {"description": text, "content": {media_type: {"schema": schema}}}
        return {"get": {"operationId": name, "summary": text, "responses": {"200": answer, **more}}}

    health = get("health", "How every cell is.", "application/json", {"503": {"description": "A cell is not up."}})
    health["get"]["security"] = []
    return {
        "/health": health,
        "/metrics": get("metrics", "What was measured, for Prometheus.", "text/plain", unknown),
        "/openapi.json": get("openapi", "This document.", "application/json", unknown),
    }
