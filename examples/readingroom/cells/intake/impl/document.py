"""Parsing: a document becomes a title, passages and links, whatever is in it.

The tree is walked without recursion, since depth is the stranger's choice.
"""

import codecs
import re
import urllib.parse

from lxml import etree

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
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, remove_comments=True, remove_pis=True)
    clean = text.replace("\0", "\ufffd").encode("utf-8", "replace")
    try:
        root = etree.fromstring(clean, parser) if clean.strip() else None
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        return "", (), ()
    passages = Passages()
    links = walked(root, passages)
    return title_of(root, passages), passages.done(), absolute(root, address, links)


def title_of(root, passages):
    found = root.find("head/title")
    title = " ".join("".join(found.itertext()).split()) if found is not None else ""
    return (title or passages.first_heading)[:TITLE_CHARACTERS_MAX]


def walked(root, passages):
    links = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start" and (tag in SILENT or "hidden" in element.attrib):
            if tag == "nav":
                links.extend(href for href in element.xpath(".//a/@href"))
            walk.skip_subtree()
        elif event == "start":
            opened(element, passages, links)
        elif tag not in SILENT and "hidden" not in element.attrib:
            closed(element, passages)
        if event == "end" and element is not root:
            passages.text(element.tail)
    return links


def opened(element, passages, links):
    tag = element.tag
    if tag in BREAKS:
        passages.block(tag)
    anchor = element.get("id") or (element.get("name") if tag == "a" else None)
    if anchor:
        passages.anchor(anchor)
    if tag == "a" and element.get("href"):
        links.append(element.get("href"))
        passages.link(1)
    elif tag == "br":
        passages.line()
    elif tag in {"strong", "b"}:
        passages.strong(1)
    passages.preserved += tag == "pre"
    passages.text(element.text)


def closed(element, passages):
    tag = element.tag
    if tag in HEADINGS:
        passages.heading()
    elif tag in BREAKS:
        passages.block(tag)
    if tag == "a" and element.get("href"):
        passages.link(-1)
    elif tag in {"strong", "b"}:
        passages.strong(-1)
    passages.preserved -= tag == "pre"


def absolute(root, address, links):
    """Make links absolute, without fragments, http or https, each once and in order."""
    base = root.find(".//base[@href]")
    found = {}
    for link in links:
        try:
            joined = urllib.parse.urljoin(urllib.parse.urljoin(address, base.get("href") if base is not None else ""), link.strip())
            parts = urllib.parse.urlsplit(joined)._replace(fragment="")
            if parts.scheme in {"http", "https"} and parts.hostname:
                found[parts.geturl()] = None
        except ValueError:
            continue
        if len(found) == LINKS_MAX:
            break
    return tuple(found)
