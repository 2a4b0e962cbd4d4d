import hashlib

from hypothesis import given
from hypothesis import strategies as st

from planaria.ledger.merkle import Tree


def root(leaves):
    """The definition of RFC 6962, section 2.1, as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=40))
def test_growing_leaf_by_leaf_gives_the_root_of_the_definition(leaves):
    assert Tree(leaves).root() == root(leaves).hex()


def test_gives_the_root_of_the_reference_tree():
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    want = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert Tree(map(bytes.fromhex, leaves)).root() == want
