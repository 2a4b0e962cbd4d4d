"""Every rule that is switched off in pyproject.toml says why, on its own line."""

import re

from tests.tidy.rule import ROOT

LISTS = re.compile(r"^(?:ignore|\".*?\") = \[(.*?)^\]", re.MULTILINE | re.DOTALL)


def unexplained(settings: str) -> list[str]:
    lines = [line.strip() for inside in LISTS.findall(settings) for line in inside.splitlines() if line.strip()]
    return [line for line in lines if not re.fullmatch(r'"[A-Z]+\d*",\s+# \w+.* .*', line)]


def ruff_settings() -> str:
    return (ROOT / "pyproject.toml").read_text().partition("[tool.ruff.lint]")[2].partition("[tool.mypy]")[0]


def test_every_rule_that_is_switched_off_says_why() -> None:
    settings = ruff_settings()
    assert LISTS.search(settings)
    assert unexplained(settings) == []


def test_a_rule_that_is_switched_off_without_a_reason_is_found() -> None:
    assert unexplained('ignore = [\n    "A005",\n]\n')
    assert unexplained('"tests/**" = [\n    "A005", "B006", # two at once\n]\n')
    assert unexplained('ignore = [\n    "A005", # a good reason\n]\n') == []
