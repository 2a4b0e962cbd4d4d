import tomllib

import pytest

from tests.tidy import bans, names, places, shapes, sizes
from tests.tidy.rule import ROOT, Rule, Source, python_sources, texts

RULES = (*sizes.RULES, *names.RULES, *bans.RULES, *shapes.RULES, *places.RULES)
EXCUSED = tomllib.loads((ROOT / "tests/tidy/excused.toml").read_text())
EXCUSES = {(one["rule"], one["place"]): one["reason"] for one in EXCUSED.get("excused", [])}

by_name = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return python_sources()


@pytest.fixture(scope="module")
def everything() -> list[Source]:
    return texts()


@by_name
def test_the_project_keeps_the_rule(rule: Rule, sources: list[Source], everything: list[Source]) -> None:
    findings = rule.findings(everything if rule.where == ("",) else sources)
    told = [
        f"{finding.place} (line {finding.line}): {finding.problem}" for finding in findings if (rule.name, finding.place) not in EXCUSES
    ]
    told += [
        f"{place}: the excuse is no longer needed; take it out of tests/tidy/excused.toml"
        for name, place in EXCUSES
        if name == rule.name and place not in {finding.place for finding in findings}
    ]
    if told:
        pytest.fail("\n".join((*told, f"  why: {rule.why}", f"  fix: {rule.cure}")), pytrace=False)


@by_name
def test_the_rule_fires_on_what_it_forbids(rule: Rule) -> None:
    if rule.findings(rule.bad[:1]):
        assert all(rule.findings([one]) for one in rule.bad)
    else:
        assert rule.findings(rule.bad)


@by_name
def test_the_rule_is_quiet_on_what_it_allows(rule: Rule) -> None:
    assert rule.findings(rule.good) == []


def test_the_excused_are_known_rules_with_reasons_and_no_more_than_before() -> None:
    assert {rule for rule, _ in EXCUSES} <= {rule.name for rule in RULES}
    assert all(len(reason.split()) > 3 for reason in EXCUSES.values())
    assert len(EXCUSED.get("excused", [])) == len(EXCUSES) == EXCUSED["count_max"]
