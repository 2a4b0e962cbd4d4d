"""Choosing passages: rare words, words close together, and words in the heading make a passage worth quoting."""

import math
import re

from cells.desk.contract import Quote

QUOTE_CHARACTERS_MAX = 420
HEADING_SHARE = 0.5
CLOSENESS_SHARE = 0.6
LENGTH_USUAL = 400
WORD = re.compile(r"\w+")
SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n")


def best_quotes(pages, words, wanted):
    """Give the best passages of some pages as quotes; equal ones in the order of the pages."""
    placed = [(page, passage) for page in pages for passage in page.passages]
    likely = [(page, passage, tokens(passage)) for page, passage in placed if holds(passage, words)]
    weights = rarity(words, [set(found) for _, _, found in likely])
    scored = [(score(passage, found, weights), page, passage) for page, passage, found in likely]
    ranked = sorted((one for one in scored if one[0] > 0), key=lambda one: -one[0])
    return tuple(dict.fromkeys(quoted(page, passage, words) for _, page, passage in ranked[: 2 * wanted]))[:wanted]


def holds(passage, words):
    """Say cheaply whether a passage may hold a word at all."""
    text = f"{passage.heading}\n{passage.text}".casefold()
    return any(word in text for word in words)


def tokens(passage):
    return WORD.findall(passage.text.casefold())


def rarity(words, passages):
    """Weigh words by how few passages hold them (the inverse document frequency of BM25)."""
    total = len(passages)
    held = {word: sum(word in passage for passage in passages) for word in words}
    return {word: math.log(1 + (total - count + 0.5) / (count + 0.5)) for word, count in held.items()}


def score(passage, found, weights):
    """Score one passage: rarity of the words held, their closeness, the heading; long passages are worth less."""
    places = {word: [index for index, token in enumerate(found) if token == word] for word in weights}
    held = [word for word in weights if places[word]]
    heading = set(WORD.findall(passage.heading.casefold()))
    value = sum(weights[word] for word in held)
    value += HEADING_SHARE * sum(weights[word] for word in weights if word in heading)
    if len(held) > 1:
        value += CLOSENESS_SHARE * value * len(held) / shortest_span([places[word] for word in held])
    return value / (1 + max(len(passage.text) - LENGTH_USUAL, 0) / (4 * LENGTH_USUAL))


def shortest_span(places):
    """Return the length in words of the shortest stretch that holds one place of each list."""
    ordered = sorted((place, kind) for kind, row in enumerate(places) for place in row)
    last, best = {}, ordered[-1][0] + 1
    for place, kind in ordered:
        last[kind] = place
        if len(last) == len(places):
            best = min(best, place - min(last.values()) + 1)
    return best


def quoted(page, passage, words):
    """Quote the sentences around the best one, in one line, no longer than a reader wants."""
    sentences = [one for one in (" ".join(piece.split()) for piece in SENTENCE_END.split(passage.text)) if one]
    hits = [sum(word in sentence.casefold() for word in words) for sentence in sentences]
    first = hits.index(max(hits))
    chosen = sentences[first]
    for sentence in sentences[first + 1 :]:
        if len(chosen) + 1 + len(sentence) > QUOTE_CHARACTERS_MAX:
            break
        chosen = f"{chosen} {sentence}"
    text = chosen if len(chosen) <= QUOTE_CHARACTERS_MAX else chosen[: QUOTE_CHARACTERS_MAX - 1].rsplit(" ", 1)[0] + "…"
    address = f"{page.address}#{passage.anchor}" if passage.anchor else page.address
    return Quote(text=text, title=page.title, heading=passage.heading, address=address)
