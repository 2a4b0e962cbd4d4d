import inspect

from planaria.kernel import port
from planaria.kernel.port import Clock, Codec, Ids, Placement, Seat, Session, Store
from planaria.placement.codec import MsgspecCodec
from planaria.placement.inprocess import InProcess, InProcessSeat
from planaria.testing import CountingIds, FakeClock, MemoryStore


def methods(kind):
    return {name for name, one in vars(kind).items() if inspect.isfunction(one) and not name.startswith("_")}


def test_the_adapters_at_hand_offer_what_the_ports_ask():
    pairs = [
        (Store, MemoryStore),
        (Clock, FakeClock),
        (Ids, CountingIds),
        (Codec, MsgspecCodec),
        (Placement, InProcess),
        (Seat, InProcessSeat),
    ]
    for asked, offered in pairs:
        assert methods(asked) <= methods(offered), asked


def test_a_port_is_never_called_itself():
    protocols = [one for one in vars(port).values() if inspect.isclass(one) and getattr(one, "_is_protocol", False)]
    assert {Session, Store, Codec, Clock, Ids, Seat, Placement} <= set(protocols)
