"""What parsing promises for any document, and for the shapes that real and hostile ones have."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cells.intake.contract import DOCUMENT_BYTES_MAX, Intake, NotAPage, NothingToRead
from planaria import Refused

LIVE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACE = "http://wiki/dir/page"
PIECES = st.sampled_from(
    "<p> </p> <div> <td> <b> </b> <h2> </h2> <a#href='x'> </a> <a#name=n> <script> </script> <pre> <br> <!-- --> <![CDATA[ ]]> &amp; &#0;"
    " <title> </title> <base#href='//b/'> <nav> text more".replace(" ", "\n")
    .replace("#", " ")
    .split("\n")
)


@pytest.fixture
def parse(cells):
    async def parsed(html, charset=""):
        return await cells.handle(Intake).parse(PLACE, html if isinstance(html, bytes) else html.encode(), charset)

    return parsed


async def texts(parse, html):
    return [one.text for one in (await parse(html)).passages]


@LIVE
@given(
    html=st.binary(max_size=400)
    | st.lists(PIECES | st.text(max_size=8), max_size=40).map(lambda one: "".join(one).encode("utf-8", "replace"))
)
async def test_any_bytes_give_a_page_of_clean_text_or_a_declared_error(parse, html):
    try:
        page = await parse(html)
    except (NotAPage, NothingToRead):
        return
    assert page.passages
    for passage in page.passages:
        assert passage.text == passage.text.strip() != ""
        assert len(passage.text) <= 1500
        assert "\0" not in passage.text
    assert all(link.startswith(("http://", "https://")) and "#" not in link for link in page.links)


async def test_a_passage_begins_at_each_heading(parse):
    page = await parse("<h1>Tea</h1><p>One.</p><h2>Pot</h2><p>Two.</p><p>Three.</p>")
    assert [(one.heading, one.text) for one in page.passages] == [("Tea", "One."), ("Pot", "Two.\nThree.")]


async def test_a_passage_begins_at_each_anchor_and_keeps_its_heading(parse):
    page = await parse("<h2 id=f>Functions</h2><dl><dt><a name=push>push</a><dd>Adds.<dt id=pop>pop<dd>Takes.</dl>")
    assert [(one.anchor, one.heading, one.text) for one in page.passages] == [
        ("push", "Functions", "push\nAdds."),
        ("pop", "Functions", "pop\nTakes."),
    ]


async def test_a_heading_without_an_anchor_is_not_cited_by_the_one_before(parse):
    page = await parse("<p id=a>One.</p><h2>Next</h2><p>Two.</p>")
    assert [(one.anchor, one.heading) for one in page.passages] == [("a", ""), ("", "Next")]


async def test_a_strong_cell_of_a_table_is_a_heading_as_old_pages_write_them(parse):
    page = await parse("<table><tr><td>&nbsp;<br><strong>Functions</strong></td></tr><tr><td>push <b>it</b></td></tr></table>")
    assert [(one.heading, one.text) for one in page.passages] == [("Functions", "push it")]


async def test_headings_with_nothing_below_are_text(parse):
    assert await texts(parse, "<h1>One</h1><h2>Two</h2>") == ["One", "Two"]


async def test_scripts_styles_forms_comments_and_hidden_parts_are_no_text(parse):
    silent = "<style>a{}</style><script>b()</script><!-- c --><form>d<input value=e></form><p hidden>f</p>"
    html = f"{silent}<p>rest</p><svg><text>g</text></svg>tail"
    assert await texts(parse, html) == ["rest\ntail"]


async def test_menus_are_left_out_but_for_pages_of_nothing_else(parse):
    menu = "<div><a href=a>Index</a> : <a href=b>Topics</a></div>"
    assert await texts(parse, f"{menu}<p>Words of its own.</p>") == ["Words of its own."]
    assert await texts(parse, menu) == ["Index : Topics"]


async def test_lines_of_preformatted_text_and_breaks_are_kept(parse):
    assert await texts(parse, "<pre>a\n  b</pre><p>c<br>d\ne&nbsp;&nbsp;f</p>") == ["a\nb\nc\nd e f"]


async def test_long_text_is_cut_at_lines_then_at_spaces_then_anywhere(parse):
    for glue in ("<br>", " ", ""):
        cut = await texts(parse, "<p>" + glue.join(["word" * 25] * 60))
        assert len(cut) > 1
        assert all(len(one) <= 1500 for one in cut)
        assert "".join("".join(cut).split()) == "word" * 25 * 60


async def test_the_title_is_the_documents_or_its_first_heading(parse):
    assert (await parse("<title> A \n B </title><h1>C</h1>d")).title == "A B"
    assert (await parse("<h1>C</h1>d")).title == "C"
    assert (await parse("<svg><title>no</title></svg>d")).title == ""


async def test_links_are_absolute_once_and_only_of_the_web(parse):
    html = (
        "<a href='b'>1</a><a href='/c?x=1#y'>2</a><a href=' b '>3</a><a href='javascript:x()'>4</a><a href='mailto:a@b'>5</a>"
        "<a href='http://[bad'>6</a><a href='//other/d'>7</a><a href='https:'>8</a><nav><a href=e>9</a></nav>"
    )
    wanted = ("http://wiki/dir/b", "http://wiki/c?x=1", "http://other/d", "http://wiki/dir/e")
    assert (await parse(html)).links == wanted


async def test_links_follow_the_base_of_the_document(parse):
    assert (await parse("<base href='/deep/'><a href=a>text</a>")).links == ("http://wiki/deep/a",)


async def test_takes_at_most_two_thousand_links(parse):
    assert len((await parse("text" + "".join(f"<a href=p{number}></a>" for number in range(2100)))).links) == 2000


@pytest.mark.parametrize(
    "html, charset, text",
    [
        ("é".encode(), "", "é"),
        (b"\xe9", "", "\ufffd"),
        (b"\xe9", "latin-1", "é"),
        (b"\x82\xa0", "Shift_JIS", "あ"),
        (b"<meta charset=windows-1252><p>\x80", "", "€"),
        (b"<meta http-equiv=x content='text/html; charset=iso-8859-15'><p>\xa4", "", "€"),
        (b"\xef\xbb\xbf\xc3\xa9", "latin-1", "é"),
        ("é".encode("utf-16"), "", "é"),
        (b"a\0b", "", "a\ufffdb"),
    ],
)
async def test_reads_the_encodings_of_the_web(parse, html, charset, text):
    assert (await parse(html, charset)).passages[0].text == text


@pytest.mark.parametrize("charset", ["utf-7", "rot13", "zlib", "idna", "unicode_escape", "cp99999", "nonsense"])
async def test_refuses_encodings_that_are_no_charsets_of_pages(parse, charset):
    with pytest.raises(NotAPage):
        await parse(b"text", charset)


@pytest.mark.parametrize("html", [b"", b" \n", b"<p></p>", b"<script>x</script>", b"<!-- x -->", b"<div>" * 100_000 + b"x"])
async def test_a_document_without_text_or_without_an_end_to_its_depth_has_nothing_to_read(parse, html):
    with pytest.raises(NothingToRead):
        await parse(html)


async def test_entities_of_the_document_are_not_expanded(parse):
    html = "<!DOCTYPE html [<!ENTITY a 'boom'><!ENTITY b SYSTEM 'file:///etc/passwd'>]><p>&a;&b;</p>"
    assert "boom" not in "".join(await texts(parse, html))


@pytest.mark.parametrize("address", ["wiki/a", "file:///a", "http://", "http://wiki/a b", "http://wiki/a#b"])
async def test_refuses_an_address_that_no_link_can_be_joined_to(cells, address):
    with pytest.raises(Refused):
        await cells.handle(Intake).parse(address, b"text")


async def test_refuses_a_document_that_is_too_large(parse):
    with pytest.raises(Refused):
        await parse(b"x" * (DOCUMENT_BYTES_MAX + 1))


@pytest.mark.parametrize(
    "html, text",
    [
        ("a < b << c <1 <", "a < b << c <1 <"),
        ("a<!-- b --!>c<!-->d<?e?>f<!g>h</#i>j<![CDATA[k]]>l", "acdfhjl"),
        ("<p title='>'>a<p title=\"'>'\">b<p don't>c", "a\nb\nc"),
        ("&lt;b&gt; &amp;amp; &#233;&#xe9;&eacute &#0;&#55296;&#99999999999;", "<b> &amp; ééé \ufffd\ufffd\ufffd"),
        ("a<p>b<a href='x", "a\nb"),
        ("a<p>b<!-- c", "a\nb"),
        ("a<p>b<script>c</scripts>", "a\nb"),
        ("<head><title>T</title><style>s</style>a", "a"),
        ("<head>a</head><body>b", "ab"),
        ("<p>a<title>b</title>", "ab"),
        ("<textarea>a<p>b</textarea>c", "c"),
        ("<div>a<form>b</div>c", "a\nc"),
        ("<table><tr><td>a<form>b<tr><td>c</form>d</table>e", "a\ne"),
        ("<svg/>a<script/>b<p hidden/>c<a name='d'/>e", "abc\ne"),
        ("<BODY><H2 ID=a>A</H3><LI>b<LI>c<br/>d<HTML><BODY>e", "b\nc\nde"),
        ("a</p></x></body>b</html>c", "abc"),
    ],
)
async def test_reads_what_browsers_read_of_odd_markup(parse, html, text):
    assert "\n".join(await texts(parse, html)) == text


@pytest.mark.parametrize(
    "piece",
    ["<", "<a", '<a =">"', "<a b='", "<!--", "&#9", "</", "<p>", "<b>", "</b>", "<a href=x>", "<svg>", "<?", "<script>", "<a " + "=" * 99],
)
async def test_hostile_markup_costs_no_more_than_its_length(parse, piece):
    for html in (piece * (150_000 // len(piece)), "<i>" * 200 + piece * (40_000 // len(piece))):
        try:
            await parse(html)
        except NothingToRead:
            continue
