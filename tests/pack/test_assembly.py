from pathlib import Path

import pytest

from planaria.pack.assembly import Material, PackTooLarge, assemble
from planaria.pack.token import tokens_in

SHOP = Path(__file__).parent.parent / "gates" / "cases" / "shop"


def material(**more) -> Material:
    given = {"root": SHOP, "cell": "cart", "intent": "Be *fair*.", "current": SHOP / "cells/cart/impl", "neighbours": ("stock",), **more}
    return Material(**given)


def headings(text: str) -> list[str]:
    return [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]


def test_a_pack_holds_all_that_a_proposer_needs_in_the_order_of_its_worth() -> None:
    pack = assemble(material(findings=("[suite] it fails",)))
    assert headings(pack.text) == [
        "The intent",
        "What was wrong with the attempt before",
        "cells/cart/contract.py",
        "cells/cart/impl/__init__.py",
        "cells/cart/impl/rebate.py",
        "cells/cart/migrations/0001_lines.sql",
        "cells/cart/tests/test_cart.py",
        "cells/stock/contract.py",
    ]
    assert pack.text.startswith("# Rewrite the implementation of cell 'cart'")
    assert "- [suite] it fails" in pack.text
    assert pack.left_out == ()


def test_a_first_pack_has_no_findings() -> None:
    assert "What was wrong" not in assemble(material()).text


def test_what_does_not_fit_is_left_out_whole_and_named() -> None:
    whole = assemble(material())
    for budget in range(whole.tokens, 700, -40):
        pack = assemble(material(), budget_tokens=budget)
        assert pack.tokens <= budget + 60
        assert len(headings(pack.text)) + len(pack.left_out) == len(headings(whole.text))
        assert not pack.left_out or pack.text.rstrip().endswith(", ".join(pack.left_out))


def test_a_budget_that_cannot_hold_what_is_needed_is_refused() -> None:
    with pytest.raises(PackTooLarge) as caught:
        assemble(material(), budget_tokens=500)
    assert caught.value.facts["needed"] > 500


def test_the_same_material_gives_the_same_pack() -> None:
    assert assemble(material()).digest == assemble(material()).digest
    assert assemble(material()).digest != assemble(material(intent="Be kind.")).digest


def test_code_that_holds_a_fence_is_fenced_by_more(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("'''\n```\n'''\n")
    assert "````python\n'''\n```\n'''\n````" in assemble(material(current=tmp_path)).text


def test_tokens_are_estimated_by_language_and_rounded_up() -> None:
    assert (tokens_in("x" * 8, "python"), tokens_in("x" * 9, "python"), tokens_in("x" * 9), tokens_in("é" * 2, "sql")) == (2, 3, 3, 2)
