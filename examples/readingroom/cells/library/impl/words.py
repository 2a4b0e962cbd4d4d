"""Words of a page: how many, which stand out, and a fingerprint of all of them."""

import collections
import hashlib
import re

import msgspec

HEADINGS_MAX = 40
NOTABLE_MAX = 12
WORD = re.compile(r"[^\W\d_]{4,30}")
COMMON = frozenset(
    "about above after again also another based because been before being below between both called cannot could does"
    " doing done down during each either else every first following from given have having here hers into itself just"
    " like made make many more most must name need never none note only onto other over same self should since some"
    " such than that their them then there these they this those through time under until upon used uses using value"
    " very want were what when where whether which while whose will with within without would your".split()
)


def words_in(page):
    return sum(len(passage.text.split()) for passage in page.passages)


def print_of(page):
    return hashlib.sha256(msgspec.json.encode(page)).hexdigest()


def headings_of(page):
    found = dict.fromkeys(passage.heading for passage in page.passages if passage.heading)
    return tuple(found)[:HEADINGS_MAX]


def notable_words(page):
    """Give the most frequent uncommon words, equal ones by the alphabet."""
    counts = collections.Counter(word for passage in page.passages for word in WORD.findall(passage.text.lower()) if word not in COMMON)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, _ in ranked[:NOTABLE_MAX])
