import pytest

from planaria.gates.intent import IntentUnreadable, intent_from, intent_of

TEXT = """Phrases first.

```pycon
>>> x = 1
>>> x + 1
2
```

and

```pycon title="more"
>>> 3
3
```

```python
>>> not an example
```
"""


def test_each_pycon_block_is_a_block_of_its_own() -> None:
    intent = intent_of(TEXT)
    assert [[one.source.strip() for one in block] for block in intent.blocks] == [["x = 1", "x + 1"], ["3"]]
    assert [one.want for one in intent.examples] == ["", "2\n", "3\n"]
    assert intent.text == TEXT


def test_the_digest_is_of_the_text() -> None:
    assert intent_of("a").digest == intent_of("a").digest != intent_of("b").digest


@pytest.mark.parametrize("text", ["", "  \n", "```pycon\nnothing\n```\n", "```pycon\n>>>x\n```\n"])
def test_what_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(IntentUnreadable) as caught:
        intent_of(text)
    assert caught.value.code == "PLN-R101"


def test_an_intent_comes_from_a_file_or_is_the_text_itself(tmp_path) -> None:
    (tmp_path / "phrases.md").write_text(TEXT)
    assert intent_from("phrases.md", tmp_path).text == TEXT
    assert intent_from("Make it shorter.", tmp_path).text == "Make it shorter."
    assert intent_from(TEXT, tmp_path).text == TEXT


def test_a_file_that_is_missing_or_not_utf_8_is_refused(tmp_path) -> None:
    (tmp_path / "odd.md").write_bytes(b"\xff\xfe")
    for name in ("odd.md", "none.md"):
        with pytest.raises(IntentUnreadable):
            intent_from(name, tmp_path)
