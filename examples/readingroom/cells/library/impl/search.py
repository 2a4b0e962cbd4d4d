"""Search: passages that hold every word of a question, by relevance, one hit a page."""

import re

SNIPPET_WORDS = 24
SNIPPET_WORDS_SOUGHT = 8
WEIGHTS = "8.0, 4.0, 1.0"  # title, heading, text
SEPARATORS = re.compile(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")

BEST = f"""
WITH found AS MATERIALIZED (
    SELECT rowid AS passage, bm25(library__index, {WEIGHTS}) AS score FROM library__index WHERE library__index MATCH ?
), placed AS (
    SELECT one.page AS page, found.passage AS passage, found.score AS score,
           row_number() OVER (PARTITION BY one.page ORDER BY found.score, one.position) AS place
    FROM found JOIN library__passage AS one ON one.id = found.passage
)
SELECT page.address, page.title, placed.passage FROM placed JOIN library__page AS page ON page.id = placed.page
WHERE placed.place = 1
ORDER BY placed.score, page.address
LIMIT ?
"""
SNIPPET = f"""
SELECT snippet(library__index, 2, '', '', '…', {SNIPPET_WORDS}) FROM library__index
WHERE library__index MATCH ? AND rowid = ?
"""


def hits(tx, question, limit):
    words = distinct(question)
    found = tx.rows(BEST, (every_word(words), limit))
    shown = every_word(words[:SNIPPET_WORDS_SOUGHT])
    return [(address, title, *tx.row(SNIPPET, (shown, passage))) for address, title, passage in found]


def every_word(words):
    """Ask for each word on its own; between quotation marks, and with those doubled, nothing in it is syntax."""
    return " ".join('"' + word.replace('"', '""') + '"' for word in words)


def distinct(question):
    """Give the words of a question, each once: ranking costs as much as words times their places in a passage."""
    found = {}
    for word in question.replace("\0", " ").split():
        found.setdefault(alike(word), word)
    return list(found.values()) or ["-"]


def alike(word):
    """Read a word as the index does, as far as ASCII goes: no punctuation, no case."""
    return SEPARATORS.sub(" ", word.lower() if word.isascii() else word).strip()
