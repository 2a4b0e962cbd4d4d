import copy
import types

import msgspec
import pytest

from planaria.placement.wasm.guest import struct


def made(base, field, structs):
    """Make the same classes with either library."""

    class Point(base, frozen=True):
        x: int
        y: int = 2

    class Named(base, frozen=True, kw_only=True, order=True):
        name: str
        tags: tuple[str, ...] = ()
        seen: list = field(default_factory=list)

    class Below(Point, frozen=True, tag=True):
        z: int = 3

    class Loose(base, rename={"a": "A"}):
        a: int = field(default=1)
        b: int = field(default=2, name="bee")

        def __post_init__(self):
            if self.a < 0:
                raise ValueError("negative")

    return types.SimpleNamespace(Point=Point, Named=Named, Below=Below, Loose=Loose, structs=structs)


REAL = made(msgspec.Struct, msgspec.field, msgspec.structs)
OURS = made(struct.Struct, struct.field, struct)
ACTS = [
    lambda of: repr(of.Point(1)), lambda of: repr(of.Below(1, z=4)), lambda of: of.Point(1) == of.Point(1, 2),
    lambda of: of.Point(1) == of.Below(1),
    lambda of: hash(of.Point(1)) == hash(of.Point(x=1)), lambda of: of.Named(name="a") < of.Named(name="b"),
    lambda of: of.Named(name="b") >= of.Named(name="a"),
    lambda of: of.Named(name="a") <= of.Named(name="b"), lambda of: of.Named(name="b") > of.Named(name="a"),
    lambda of: repr(of.structs.replace(of.Point(1), y=5)), lambda of: of.structs.asdict(of.Point(1)),
    lambda of: of.structs.astuple(of.Below(1)),
    lambda of: repr(copy.copy(of.Point(1))), lambda of: of.Point.__struct_fields__, lambda of: of.Below.__struct_config__.tag,
    lambda of: of.Below.__struct_config__.tag_field, lambda of: of.Below.__struct_config__.frozen,
    lambda of: of.Loose.__struct_encode_fields__,
    lambda of: [(one.name, one.encode_name, one.type, one.required) for one in of.structs.fields(of.Loose)], lambda of: of.Loose().a,
    lambda of: of.Named(name="a").seen is of.Named(name="a").seen, lambda of: [one.name for one in of.structs.fields(of.Point(1))],
    lambda of: of.Point(), lambda of: of.Point(1, 2, 3), lambda of: of.Point(1, x=1), lambda of: of.Point(1, q=1), lambda of: of.Named("a"),
    lambda of: setattr(of.Point(1), "x", 2), lambda of: delattr(of.Point(1), "x"), lambda of: of.Loose(-1),
    lambda of: of.structs.replace(of.Point(1), q=1),
    lambda of: of.Point(1) < of.Point(2), lambda of: hash(of.Loose()),
    lambda of: [name for name in ("x",) if isinstance(of.Point(1), of.Point)],
    lambda of: setattr(of.Loose(), "a", 2), lambda of: of.Point(1).__class__.__match_args__, lambda of: of.Loose() != of.Loose(2),
]  # fmt: skip


def done(act, of):
    try:
        return act(of)
    except (TypeError, AttributeError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("act", ACTS)
def test_behaves_as_the_real_one(act):
    assert done(act, OURS) == done(act, REAL)


@pytest.mark.parametrize("style", ["lower", "upper", "camel", "pascal", "kebab", str.title])
def test_renames_fields_alike(style):
    ours = struct.StructMeta("One", (struct.Struct,), {"__annotations__": {"first_name": int}}, rename=style)
    real = msgspec.defstruct("One", [("first_name", int)], rename=style)
    assert ours.__struct_encode_fields__ == real.__struct_encode_fields__


def test_a_frozen_field_can_be_forced_and_constraints_are_kept():
    point = OURS.Point(1)
    struct.force_setattr(point, "x", 9)
    assert point.x == 9
    assert struct.Meta(ge=1) == struct.Meta(ge=1)
    assert len({struct.Meta(ge=1), struct.Meta(ge=1)}) == 1
    assert repr(struct.Meta(ge=1)) == "msgspec.Meta(ge=1)"
    assert (repr(struct.UNSET), bool(struct.UNSET)) == ("UNSET", False)


def test_refuses_an_option_that_it_does_not_know():
    with pytest.raises(TypeError, match="does not know: nothing"):
        struct.StructMeta("One", (struct.Struct,), {}, nothing=1)
