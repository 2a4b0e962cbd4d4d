import jsonschema
import msgspec
import pytest

from planaria.placement.codec import MsgspecCodec
from planaria.placement.schema import schemas_of
from tests.placement.test_codec import VALUES


@pytest.mark.parametrize("value,type_", VALUES)
def test_what_the_codec_writes_is_what_the_schema_says(value, type_):
    (schema,), named = schemas_of([type_])
    document = msgspec.to_builtins({**schema, "components": {"schemas": named}})
    jsonschema.validate(msgspec.json.decode(MsgspecCodec().encode(value)), document)


def test_names_each_record_once():
    types = [type_ for _, type_ in VALUES]
    schemas, named = schemas_of(types)
    assert len(schemas) == len(types)
    assert list(named) == sorted(named)
    assert {"Line", "Missing", "Page", "Tree"} <= set(named)
