from pathlib import Path

from planaria.attack.document import security

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_in_the_checkout_is_current():
    assert (ROOT / "SECURITY.md").read_text() == security(), "write it anew: python -m planaria.attack.document > SECURITY.md"


def test_the_page_says_plainly_what_is_no_boundary():
    text = security()
    assert "`inprocess` is no boundary" in text
    assert "planaria doctor --attack process" in text
    assert "learns the size of a secret" in text
