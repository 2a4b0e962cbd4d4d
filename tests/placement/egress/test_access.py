"""What is kept of accesses."""

from planaria.placement.egress.access import Access, Accesses


def access(cell, **facts):
    return Access(**{"cell": cell, "host": "docs.example", "port": 443, "outcome": "completed", "at": 1.0, **facts})


def test_keeps_the_last_of_each_cell_and_counts_all():
    kept = Accesses(last=2)
    for number in range(3):
        kept(access("intake", port=number))
    kept(access("desk", outcome="refused"))
    assert [one.port for one in kept.of("intake")] == [1, 2]
    assert kept.counts("intake") == {"completed": 3}
    assert kept.counts("desk") == {"refused": 1}
    assert kept.counts("other") == {}
    assert kept.of("other") == ()
