from random import Random

from planaria.witness.text import Texts


def texts(seed=1):
    made = Texts(Random(seed))
    made.words, made.tokens, made.lengths, made.recent = ["event", "loop"], ["::"], [200], ["a recent text", ""]
    return made


def test_texts_hold_the_words_the_tokens_and_the_telling_lengths():
    one = texts()
    made = [one.made() for _ in range(2000)]
    assert "event loop" in made
    assert '"' in made
    assert any("::" in each for each in made)
    assert {199, 200, 201} <= {len(each) for each in made}
    assert "recent" in made


def test_changes_stay_near_and_reach_everything_that_hurts():
    one = texts()
    near = {one.changed("two words") for _ in range(3000)}
    assert {'two" words', "words two", "TWO WORDS", "two words ", "two words OR loop"} & near
    assert any(len(each) > 400 for each in near)
    assert len(near) > 300


def test_bare_texts_need_no_words():
    bare = Texts(Random(2))
    assert all(isinstance(bare.changed(bare.made()), str) for _ in range(500))
