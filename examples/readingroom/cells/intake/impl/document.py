"""Parsing: a document becomes a title, passages and links, whatever is in it.

There is no tree: what is open is kept on a stack, whose depth is limited, since it is the stranger's choice.
"""

import codecs
import re
import urllib.parse

from .markup import START, TEXT, pieces
from .passages import Passages

BREAKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer"
    " h1 h2 h3 h4 h5 h6 header hgroup hr legend li main ol p pre section summary table tbody td tfoot th thead tr"
    " ul".split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 caption legend summary".split())
SILENT = frozenset(
    "applet audio button canvas datalist embed form frame frameset head iframe input map math nav noframes noscript"
    " object script select style svg template textarea video".split()
)
EMPTY = frozenset("area base basefont br col embed frame hr img input link meta param source track wbr".split())
IN_A_HEAD = frozenset("base head html link meta noscript object script style template title".split())
FORCE = {"div": 150, "td": 160, "th": 160, "tr": 170, "thead": 180, "tbody": 180, "tfoot": 180, "table": 190, "head": 200, "body": 200}
"""An end tag closes what is open inside its element, but nothing of more force; others have 100."""
ENDED_BY = {
    "p": BREAKS - {"caption", "legend", "summary"},
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "td": frozenset({"td", "th", "tr", "tbody", "tfoot", "thead"}),
    "th": frozenset({"td", "th", "tr", "tbody", "tfoot", "thead"}),
    "tr": frozenset({"tr", "tbody", "tfoot", "thead"}),
    "thead": frozenset({"tbody", "tfoot"}),
    "tbody": frozenset({"tbody", "tfoot"}),
    "caption": frozenset({"tr", "tbody", "tfoot", "thead", "colgroup"}),
    "a": frozenset({"a"}),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})),
}
"""Elements that end where, directly inside them, one of these begins."""
NUMBERED = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
DEPTH_MAX, DEEPEST = 256, 1_000
LINKS_MAX = 2_000
TITLE_CHARACTERS_MAX = 300
DEEPER = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
MARKS = (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")
CHARSETS = re.compile(r"utf-?(8|8-sig|16|16le|16be|32)|(us-)?ascii|latin-?\d+|iso-?8859-\d+|(windows|cp)-?\d+|koi8-[ru]|"
                      r"mac-?\w+|shift-?jis|euc-?(jp|kr)|iso-?2022-(jp|kr)|gb(k|2312|18030)|big5")  # fmt: skip


class UnknownEncoding(Exception):
    def __str__(self):
        return f"its encoding '{self.args[0]}' is not known"


def decoded(html, charset):
    """Decode a document: by its byte order mark, the transport's charset, its own, else UTF-8; what is wrong is marked."""
    marked = next((name for mark, name in MARKS if html.startswith(mark)), "")
    own = DEEPER.search(html[:2048])
    name = marked or charset or (own[1].decode("ascii") if own else "") or "utf-8"
    name = name.lower().replace("_", "-")
    try:
        if not CHARSETS.fullmatch(name):
            raise LookupError
        return html.decode(name, "replace")
    except LookupError:
        raise UnknownEncoding(name) from None


def read(address, text):
    """Return title, passages and links of a document."""
    document = Document()
    for kind, what, *more in pieces(text.replace("\0", "\ufffd")):
        if kind == TEXT:
            document.text(what)
        elif kind == START:
            document.start(what, *more)
            if len(document.open) > DEPTH_MAX:
                return "", (), ()
        else:
            document.end(what)
    document.close(0)
    passages = document.passages.done()
    title = " ".join("".join(document.title).split()) or document.passages.first_heading
    return title[:TITLE_CHARACTERS_MAX], passages, absolute(address, document.base, document.links)


class Document:
    """What is open, innermost last, and what was read so far; `silent_from` is the depth from which nothing is read."""

    def __init__(self):
        self.passages, self.links, self.base = Passages(), [], None
        self.open, self.linked = [], []
        self.silent_from, self.in_menu = DEEPEST, False
        self.title, self.in_title, self.has_body = [], False, False

    def text(self, text):
        if self.in_title:
            self.title.append(text)
            return
        if not self.has_body and not text.isspace():
            self.begin_body()
        if len(self.open) < self.silent_from:
            self.passages.text(text)

    def start(self, tag, given, is_empty):
        if tag in {"html", "head", "body"} and (tag in self.open or self.has_body):
            return
        self.make_room(tag)
        if tag == "base" and self.base is None:
            self.base = given.get("href")
        self.in_title = tag == "title" and not (self.has_body or self.title or is_empty)
        if len(self.open) < self.silent_from:
            if tag in SILENT or "hidden" in given:
                self.silent_from, self.in_menu = len(self.open) + 1, tag == "nav"
            elif not self.in_title:
                self.opened(tag, given)
        elif self.in_menu and tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.open.append(tag)
        self.linked.append(tag == "a" and bool(given.get("href")))
        if is_empty or tag in EMPTY:
            self.close(len(self.open) - 1)

    def end(self, tag):
        if tag not in self.open and tag not in NUMBERED:
            return
        for depth in range(len(self.open) - 1, -1, -1):
            inner = self.open[depth]
            if inner == tag or (inner in NUMBERED and tag in NUMBERED):
                self.close(depth)
                return
            if FORCE.get(inner, 100) > FORCE.get(tag, 100):
                return

    def close(self, depth):
        """End everything that is open from a depth on, innermost first."""
        while len(self.open) > depth:
            if len(self.open) < self.silent_from and not self.in_title:
                self.closed(self.open[-1], self.linked[-1])
            elif len(self.open) == self.silent_from:
                self.silent_from, self.in_menu = DEEPEST, False
            self.in_title = False
            self.open.pop()
            self.linked.pop()

    def make_room(self, tag):
        """Begin the body and end what a tag ends, where its author left that out."""
        if not self.has_body and tag not in IN_A_HEAD:
            self.begin_body()
        while self.open and tag in ENDED_BY.get(self.open[-1], ()):
            self.close(len(self.open) - 1)

    def begin_body(self):
        self.has_body = True
        if "head" in self.open:
            self.close(self.open.index("head"))

    def opened(self, tag, given):
        passages = self.passages
        if tag in BREAKS:
            passages.block(tag)
        anchor = given.get("id") or (given.get("name") if tag == "a" else None)
        if anchor:
            passages.anchor(anchor)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
            passages.link(1)
        elif tag == "br":
            passages.line()
        elif tag in {"strong", "b"}:
            passages.strong(1)
        passages.preserved += tag == "pre"

    def closed(self, tag, is_link):
        passages = self.passages
        if tag in HEADINGS:
            passages.heading()
        elif tag in BREAKS:
            passages.block(tag)
        if is_link:
            passages.link(-1)
        elif tag in {"strong", "b"}:
            passages.strong(-1)
        passages.preserved -= tag == "pre"


def absolute(address, base, links):
    """Make links absolute, without fragments, http or https, each once and in order."""
    found = {}
    for link in links:
        try:
            joined = urllib.parse.urljoin(urllib.parse.urljoin(address, base or ""), link.strip())
            parts = urllib.parse.urlsplit(joined)._replace(fragment="")
            if parts.scheme in {"http", "https"} and parts.hostname:
                found[parts.geturl()] = None
        except ValueError:
            continue
        if len(found) == LINKS_MAX:
            break
    return tuple(found)
