from planaria.assemble.catalogue import catalogue


def test_holds_errors_of_every_room_by_code():
    found = catalogue()
    assert {"PLN-C104", "PLN-S108", "PLN-G201", "PLN-L201", "PLN-U101", "PLN-K101", "PLN-P101", "PLN-E110"} <= set(found)
    assert all(one["code"] == code and one["title"] and one["fix"] for code, one in found.items())
