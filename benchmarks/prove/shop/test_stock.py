import pytest
from stock import Article, OutOfStock, Stock, check_digit, discounted, is_code, parse_cents, shown

TEA, CUP, POT = "TE1239", "CU0406", "PO7778"


@pytest.fixture
def stock():
    made = Stock()
    made.put(Article(TEA, "Green tea leaves", 350, ["drink"]), 40)
    made.put(Article(CUP, "Small green cup", 1200, ["ware"]), 2)
    made.put(Article(POT, "Large pot", 129900, ["ware"]), 3)
    return made


@pytest.mark.parametrize("text, is_good", [(TEA, True), ("te1239", True), ("TE1238", False), ("TE123", False), ("1E1239", False)])
def test_a_code_ends_in_a_check_digit(text, is_good):
    assert is_code(text) is is_good


def test_the_check_digit_weighs_by_place():
    assert [check_digit(one) for one in ("TE123", "CO500", "PO777")] == [9, 1, 8]


@pytest.mark.parametrize("text, cents", [("12.50", 1250), ("12", 1200), ("-0.05", -5), ("3.5", 350), ("0", 0)])
def test_an_amount_is_read(text, cents):
    assert parse_cents(text) == cents


@pytest.mark.parametrize("text", ["", "a", "1.234", "1.x", "--1"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="no amount"):
        parse_cents(text)


@pytest.mark.parametrize("cents, text", [(5, "0.05"), (123456, "1,234.56"), (-250, "-2.50"), (100000000, "1,000,000.00")])
def test_an_amount_is_shown(cents, text):
    assert shown(cents) == text


@pytest.mark.parametrize("quantity, cents", [(1, 50), (20, 950), (100, 4500)])
def test_many_pieces_save(quantity, cents):
    assert discounted(50, quantity) == cents


@pytest.mark.parametrize("count, there", [(5, 45), (1, 41)])
def test_what_is_put_is_added_up(stock, count, there):
    assert stock.put(Article(TEA, "", 350), count) == there


@pytest.mark.parametrize("code, count, text", [("XX", 1, "no code: XX"), (TEA, 0, "nothing to put")])
def test_what_cannot_be_put_is_refused(stock, code, count, text):
    with pytest.raises(ValueError, match=text):
        stock.put(Article(code, "", 1), count)


def test_taking_costs_and_leaves_less(stock):
    assert stock.take(TEA, 2) == 700
    assert stock.counts[TEA] == 38


def test_the_last_piece_can_be_taken(stock):
    stock.take(CUP, 2)
    assert stock.counts[CUP] == 0


def test_more_than_there_is_cannot_be_taken(stock):
    with pytest.raises(OutOfStock, match="2 of CU0406, 3 asked for"):
        stock.take(CUP, 3)


def test_what_is_missing_is_told(stock):
    assert stock.sell({TEA: 20, "CO5001": 1, CUP: 1}) == (7850, ["CO5001"])


def test_articles_get_scarce(stock):
    assert stock.scarce() == [CUP]


@pytest.mark.parametrize("tag, cents", [(None, 406100), ("drink", 14000)])
def test_the_value_of_what_has_a_tag(stock, tag, cents):
    assert stock.value(tag) == cents
