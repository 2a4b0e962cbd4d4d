"""Search: passages that hold every word of a question, by relevance, one hit a page."""

SNIPPET_WORDS = 24
WEIGHTS = "8.0, 4.0, 1.0"  # title, heading, text

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
    wanted = every_word(question)
    found = tx.rows(BEST, (wanted, limit))
    return [(address, title, *tx.row(SNIPPET, (wanted, passage))) for address, title, passage in found]


def every_word(question):
    """Ask for each word on its own; between quotation marks, and with those doubled, nothing in it is syntax."""
    words = question.replace("\0", " ").split() or ["-"]
    return " ".join('"' + word.replace('"', '""') + '"' for word in words)
