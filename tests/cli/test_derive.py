import json

import pytest

from planaria.cli.derive import DOCUMENTS


def test_prints_the_wit_of_a_cell(shop, planaria):
    ended = planaria("derive", "wit", "stock")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("// Derived from its contract")
    assert "export stock;" in ended.out


def test_prints_the_api_of_the_system(shop, planaria):
    assert json.loads(planaria("derive", "openapi").out)["openapi"] == "3.1.0"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_machine_gets_every_document_as_one_line(shop, planaria, document):
    ended = planaria("derive", document.name, *(["stock"] if document.of_cell else []), "--json")
    told = json.loads(ended.out)
    assert (told["ok"], told["document"], bool(told["text"])) == (True, document.name, True)


def test_writes_a_file_and_says_later_whether_it_is_current(shop, planaria, tmp_path):
    file = str(tmp_path / "stock.wit")
    assert planaria("derive", "wit", "stock", "--check", file).code == 1
    assert planaria("derive", "wit", "stock", "--out", file).out.startswith(f"{file}: ")
    ended = planaria("derive", "wit", "stock", "--check", file)
    assert (ended.code, ended.out) == (0, f"{file} is current\n")
    (tmp_path / "stock.wit").write_text("old")
    ended = planaria("derive", "wit", "stock", "--check", file)
    assert (ended.code, f"fix: write it again with --out {file}" in ended.out) == (1, True)
    assert json.loads(planaria("derive", "wit", "stock", "--check", file, "--json").out)["ok"] is False


@pytest.mark.parametrize(
    "arguments, said",
    [(["wit"], "missing: CELL"), (["openapi", "stock"], "'stock' is too much"), (["wit", "stok"], "there is no cell 'stok'"),
     (["poem"], "invalid choice: 'poem'")],
)  # fmt: skip
def test_what_cannot_be_derived_is_said_with_its_cure(shop, planaria, arguments, said):
    ended = planaria("derive", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "fix: " in ended.err
