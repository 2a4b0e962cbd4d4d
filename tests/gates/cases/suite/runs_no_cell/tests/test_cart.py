def test_one_and_one_is_two():
    assert 1 + 1 == 2
