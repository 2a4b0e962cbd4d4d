from planaria.assemble import Places


def test_every_place_is_inside_the_root(tmp_path):
    places = Places.of(tmp_path)
    single = [places.runtime, places.store, places.run, places.keys, places.recordings, places.ledger, places.ledger_key]
    of_cell = [places.cell("cart"), places.impl("cart"), places.migrations("cart")]
    assert len(set(single + of_cell)) == len(single + of_cell)
    assert all(one.is_relative_to(tmp_path) for one in single + of_cell)
