"""Markup: a text becomes start tags, end tags and runs of text, in one pass whose time grows with its length only.

The standard library's parser differs from version to version and is slow on markup that never ends; here an unfinished tag
or comment ends the document, as browsers have it.
"""

import html
import re

TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+)>""")
ATTRIBUTE = re.compile(r"""([^\s/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|(\S*+)))?+""")
COMMENT_END = re.compile(r"--!?>")
TOO_LARGE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
RAW = frozenset("iframe noembed noframes script style xmp".split())
PLAIN = frozenset("textarea title".split())
ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW | PLAIN}
START, END, TEXT = range(3)


def pieces(text):
    """Yield (START, name, attributes, whether it is closed at once), (END, name) and (TEXT, text)."""
    place = 0
    while (opening := text.find("<", place)) >= 0:
        if opening > place:
            yield TEXT, plain(text[place:opening])
        tag = TAG.match(text, opening)
        if tag is None:
            place = past(text, opening)
            if place == opening:
                yield TEXT, "<"
                place += 1
        elif tag[1]:
            yield END, tag[2].lower()
            place = tag.end()
        else:
            name, written, place = tag[2].lower(), tag[3], tag.end()
            is_empty = written.endswith("/") and ends_at_once(written)
            yield START, name, attributes(written) if written else {}, is_empty
            if name in ENDS and not is_empty:
                end = ENDS[name].search(text, place)
                until = end.start() if end else len(text)
                if name in PLAIN:
                    yield TEXT, plain(text[place:until])
                place = until
    if place < len(text):
        yield TEXT, plain(text[place:])


def past(text, opening):
    """Return the place after a comment or a declaration; the same place where there is none; the end where it is unfinished."""
    after = text[opening + 1 : opening + 2]
    if text.startswith("<!--", opening):
        end = COMMENT_END.search(text, opening + 2)
        return end.end() if end else len(text)
    if after in {"!", "?", "/"}:
        return text.find(">", opening) + 1 or len(text)
    return len(text) if after.isascii() and after.isalpha() else opening


def ends_at_once(written):
    """Say whether the slash at the end is the tag's, and not a part of a value without quotes."""
    last = written.rsplit(None, 1)[-1]
    return "=" not in last or last[-2] in "\"'"


def attributes(written):
    """Return the attributes of a tag, the first of each name."""
    found = {}
    for name, double, single, bare in ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), plain(double or single or bare))
    return found


def plain(text):
    """Replace references to characters by the characters."""
    return html.unescape(TOO_LARGE.sub("\ufffd", text)) if "&" in text else text
