"""Passages: text is gathered in blocks, and blocks in passages that begin at a heading or at an anchor."""

import re

from cells.library.contract import PASSAGES_MAX, Passage

PASSAGE_CHARACTERS_MAX = 1_500
HEADING_CHARACTERS_MAX = 300
ANCHOR_CHARACTERS_MAX = 300
LINKS_OF_A_MENU = 2
SHARE_OF_A_MENU = 0.6
SPACE = re.compile(r"\s+")
SPACE_IN_A_LINE = re.compile(r"[^\S\n]+")


class Passages:
    """Gather text as a document is walked; menus (blocks of little but links) are kept only where there is nothing else."""

    def __init__(self):
        self.found, self.menus = [], []
        self.first_heading = ""
        self.preserved = 0
        self._anchor, self._heading, self._blocks = "", "", []
        self._pieces, self._linked, self._links, self._inside = [], 0, 0, 0
        self._strong, self._strong_only = 0, True
        self._unsaid, self._fresh = None, False

    def text(self, text):
        if not text:
            return
        self._pieces.append(text if self.preserved else SPACE.sub(" ", text.replace("\xa0", " ")))
        if text.strip():
            self._linked += len(text.strip()) * (self._inside > 0)
            self._strong_only &= self._strong > 0

    def line(self):
        self._pieces.append("\n")

    def link(self, step):
        self._inside += step
        self._links += step > 0

    def strong(self, step):
        self._strong += step

    def anchor(self, name):
        """Begin a passage at an anchor, unless nothing was said since the last."""
        self._flush()
        self._close()
        self._anchor, self._fresh = name[:ANCHOR_CHARACTERS_MAX], True

    def block(self, tag):
        """End a block; a cell of a table that is strong throughout is a heading, as old pages write them."""
        if tag == "td" and self._strong_only and "".join(self._pieces).strip():
            self.heading()
        else:
            self._flush()

    def heading(self):
        """Take the block as the heading of what follows; a heading with nothing below it is text itself."""
        heading = " ".join("".join(self._pieces).split())[:HEADING_CHARACTERS_MAX]
        self._begin_block()
        if heading:
            self._close()
            self._say()
            self._anchor = self._anchor if self._fresh else ""
            self._heading, self._fresh = heading, False
            self._unsaid = Passage(self._anchor, "", heading)
            self.first_heading = self.first_heading or heading

    def done(self):
        self._flush()
        self._close()
        self._say()
        return tuple((self.found or self.menus)[:PASSAGES_MAX])

    def _begin_block(self):
        self._pieces, self._linked, self._links, self._strong_only = [], 0, 0, True

    def _flush(self):
        text = tidy("".join(self._pieces))
        menu = text != "" and self._links >= LINKS_OF_A_MENU and self._linked >= SHARE_OF_A_MENU * len(text)
        self._begin_block()
        if menu:
            self.menus.append(Passage(self._anchor, self._heading, text[:PASSAGE_CHARACTERS_MAX]))
        elif text:
            self._blocks.append(text)
            self._unsaid, self._fresh = None, False

    def _say(self):
        if self._unsaid is not None:
            self.found.append(self._unsaid)
            self._unsaid = None

    def _close(self):
        for text in cut("\n".join(self._blocks)):
            self.found.append(Passage(self._anchor, self._heading, text))
        self._blocks = []


def tidy(text):
    """Keep lines, drop the empty ones, and make other white space one space."""
    lines = (line.strip() for line in SPACE_IN_A_LINE.sub(" ", text).split("\n"))
    return "\n".join(line for line in lines if line)


def cut(text):
    """Cut a text at lines, then at spaces, then anywhere, into pieces that are short enough to cite."""
    while len(text) > PASSAGE_CHARACTERS_MAX:
        head = text[:PASSAGE_CHARACTERS_MAX]
        end = max(head.rfind("\n"), 0) or max(head.rfind(" "), 0) or PASSAGE_CHARACTERS_MAX
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text
