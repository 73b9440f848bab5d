"""What bookmark files say, whoever wrote them: read without any server."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from final.core.database.engine import utcnow
from final.links.bookmark_files.fitting import fit
from final.links.bookmark_files.reader import Bookmark, read_bookmarks
from final.links.errors import NoBookmarkFile

DOCTYPE = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"
CAFE = "Café “Zürich” \u2013 5 €"
START = datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


def read(file: str | bytes) -> list[Bookmark]:
    """Read a file."""
    return list(read_bookmarks(BytesIO(file.encode() if isinstance(file, str) else file)))


def read_one(file: str | bytes) -> Bookmark:
    """Read a file of one entry."""
    (bookmark,) = read(file)
    return bookmark


def entry(attributes: str = "", title: str = "x", rest: str = "") -> str:
    """Write a file of one entry."""
    return f'{DOCTYPE}<DL><p>\n<DT><A HREF="https://a.example/" {attributes}>{title}</A>{rest}\n'


def titled(title: str, encoding: str, label: str = "", mark: bytes = b"") -> bytes:
    """Write a file of one entry in an encoding, which it declares or not."""
    meta = f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={label}">'
    return mark + entry(title=title).replace("\n", meta if label else "\n", 1).encode(encoding)


@pytest.mark.parametrize(
    ("title", "encoding", "label", "mark"),
    [
        (CAFE, "cp1252", "windows-1252", b""),
        (CAFE, "cp1252", "ISO-8859-1", b""),
        ("Привет, мир", "koi8-r", "koi8-r", b""),
        ("日本語の表①", "cp932", "Shift_JIS", b""),
        ("简体中文", "gb18030", "gb2312", b""),
        ("한국어 똠", "cp949", "euc-kr", b""),
        ("π≈3", "utf-8", "utf-16", b""),
        ("π≈3", "utf-16-le", "", b"\xff\xfe"),
        ("π≈3", "utf-16-be", "", b"\xfe\xff"),
        ("π≈3", "utf-16-le", "", b""),
        ("π≈3", "utf-8", "windows-1252", b"\xef\xbb\xbf"),
        ("π≈3", "utf-8", "", b""),
        ("π≈3", "utf-8", "no-such-charset", b""),
        ("Les élèves français déjà arrivés", "cp1252", "", b""),
        ("Съешь же ещё этих мягких булок", "cp1251", "", b""),
    ],
)
def test_text_is_read_in_its_encoding(title: str, encoding: str, label: str, mark: bytes) -> None:
    assert read_one(titled(title, encoding, label, mark)).title == title


def test_a_character_may_lie_across_two_pieces_of_the_file() -> None:
    for shift in range(3):
        file = " " * shift + entry() + entry(title="東" * 80_000).partition("\n")[2]
        assert len(read(file)[1].title or "") == len("東" * (20_000))


MARKUP = [
    "When does a browser run a <script> element?",
    "The <textarea>, <title>, <style> and <xmp> elements",
    "A comment begins with <!-- and an entity with &",
    "<plaintext> is the end of everything",
    "Use a <dl> for lists, with a <dt> and a <dd> in each </dl>",
    "1 < 2 > 0 & <https://example.com> <",
    "<![CDATA[ and <?php",
]


@pytest.mark.parametrize("text", MARKUP)
def test_what_is_written_about_markup_is_kept_and_loses_no_entry(text: str) -> None:
    file = entry(title=text, rest=f"\n<DD>{text}\n<DT><A HREF='https://b.example/'>next</A>")
    first, second = read(file)
    assert (first.title, first.description) == (text, text)
    assert second.title == "next"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("B <b>bold</b> and <i>so <u>on</u></i>", "B bold and so on"),
        ("a&nbsp;&lt;b&gt; &#39;c&#x27; &amp;lt;", "a\xa0<b> 'c' &lt;"),
        ("first line<br>second<BR/>third", "first line\nsecond\nthird"),
        ("<p>one</p><p>two", "one\n\ntwo"),
        ("see <a href='https://b.example/'>there</a>", "see there"),
        (f"&#{'9' * 5000}; &#0;", "\ufffd \ufffd"),
        ("one\r\ntwo\x00\x1b", "one\ntwo"),
    ],
)
def test_what_only_lays_out_a_text_is_dropped(markup: str, text: str) -> None:
    assert read_one(entry(rest=f"<DD>{markup}")).description == text


def test_white_space_in_titles_collapses() -> None:
    assert read_one(entry(title="Three\n   goes\t<br>on  ")).title == "Three goes on"
    assert read_one(entry(title=" \n ")).title is None


@pytest.mark.parametrize(
    "end", ["</DL><p>", "\n<HR>\n</DL>", "</DD></DT>\n</dl></body></html>", "\n</DL><p>\n</DL>"]
)
def test_the_end_of_a_list_is_no_description(end: str) -> None:
    assert read_one(entry(rest=f"\n<DD>text{end}")).description == "text"


def test_a_description_belongs_to_the_entry_before_it() -> None:
    file = "<DT><A HREF=a>1</A><DT><A HREF=b>2</A><DD>of b<DT><H3>f</H3><DD>of f"
    assert [bookmark.description for bookmark in read(file)] == [None, "of b"]


@pytest.mark.parametrize(
    ("attribute", "url"),
    [
        ('HREF="https://a.example/a b"', "https://a.example/a%20b"),
        ('HREF=" https://a.example/\n?x "', "https://a.example/?x"),
        ("HREF=https://a.example/?x=1", "https://a.example/?x=1"),
        ("href='https://a.example/?q=\"'", 'https://a.example/?q="'),
        ('ADD_DATE="0" HREF="https://a.example/?a=1&amp;b=2"', "https://a.example/?a=1&b=2"),
        ('HREF="https://a.example/?a=1&copy=2&lt=3"', "https://a.example/?a=1&copy=2&lt=3"),
        ('ICON="data:a>b" HREF="https://a.example/#&#39;"', "https://a.example/#'"),
        ('TITLE="<DT>" HREF="https://a.example/', "https://a.example/"),
    ],
)
def test_an_address_is_the_one_that_is_meant(attribute: str, url: str) -> None:
    assert read_one(f"<DT><A {attribute}>x</A>").url == url


@pytest.mark.parametrize(
    ("attribute", "date"),
    [
        ('ADD_DATE="1600000000"', START),
        ('ADD_DATE="1600000000000"', START),
        ('ADD_DATE="1600000000000000"', START),
        ('ADD_DATE="1600000000000000000"', START),
        ('ADD_DATE="1600000000.0"', START),
        ('ADD_DATE="2020-09-13T14:26:40+02:00"', START),
        ('time_added="1600000000"', START),
        ('ADD_DATE="1" CREATED_AT="2020-09-13T12:26:40Z"', START),
        ('ADD_DATE="0"', None),
        ('ADD_DATE="never"', None),
        ('ADD_DATE="-99999999999999"', None),
        ('ADD_DATE="99999999999999999999999"', None),
        ('ADD_DATE="²³"', None),
        ('CREATED_AT="9999-12-31T23:59:59-12:00"', None),
    ],
)
def test_a_date_is_read_in_any_unit(attribute: str, date: datetime | None) -> None:
    assert read_one(entry(attribute)).created_at == date


@pytest.mark.parametrize(
    ("attribute", "is_private"),
    [
        ('PRIVATE="1"', True),
        ('PRIVATE="true"', True),
        ('PRIVATE="0"', False),
        ('PUBLIC="1"', False),
        ('PUBLIC="0"', True),
        ('SHARED="no"', True),
        ('PRIVATE=""', None),
        ("", None),
    ],
)
def test_an_entry_may_say_who_is_to_see_it(attribute: str, is_private: bool | None) -> None:
    assert read_one(entry(attribute)).is_private is is_private


FOLDERS = """<DL><p>
<DT><H3>Cooking</H3>
<DL><p>
    <DT><H3 ADD_DATE="1">Bread &amp; <b>Butter</b></H3><DD>What a folder says
    <DL><p><DT><A HREF="https://rye.example/">Rye</A></DL><p>
    <DT><A HREF="https://egg.example/">Egg</A><DD>About </p> and </dt>
</DL><p>
<DT><A HREF="https://top.example/">Top</A>
</DL></DL></DL><DT><A HREF="https://late.example/">Late</A>"""


def test_an_entry_is_in_all_folders_around_it() -> None:
    folders = [bookmark.folders for bookmark in read(FOLDERS)]
    assert folders == [["Cooking", "Bread & Butter"], ["Cooking"], [], []]


def pocket(count: int) -> str:
    """Write a file as Pocket did."""
    item = '<li><a href="https://p.example/{}" time_added="1600000000" tags="a,b c">T</a></li>'
    items = "\n".join(item.format(number) for number in range(count))
    return f"<!DOCTYPE html><title>Pocket Export</title><h1>Unread</h1><ul>{items}</ul>"


def test_a_list_as_pocket_writes_it_is_read() -> None:
    first, second = read(pocket(2))
    assert (first.url, first.tags, first.created_at) == ("https://p.example/0", ["a", "b c"], START)
    assert second.url == "https://p.example/1"


FAMILIES: dict[str, tuple[str, str]] = {
    # Who writes it: what stands around the entries, and one entry.
    "Firefox": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<!-- This is an automatically generated file. -->\n"
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'"></meta>\n'
        "<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks Menu</H1>\n\n<DL><p>\n{}</DL>\n",
        '    <DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" LAST_MODIFIED="1600000000"'
        ' ICON_URI="https://x.example/i.ico" ICON="data:image/png;base64,iVBO+/=" TAGS="a">T</A>\n'
        "    <HR>",
    ),
    "Chrome": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>"
        '<DT><H3 ADD_DATE="1" PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>\n<DL><p>\n{}'
        "</DL><p>\n</DL><p>\n",
        '    <DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" ICON="data:,">T</A>\n',
    ),
    "Safari": (
        '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n\t<HTML>\n\t<META HTTP-EQUIV="Content-Type" '
        'CONTENT="text/html; charset=UTF-8">\n\t<Title>Bookmarks</Title>\n\t<H1>Bookmarks</H1>\n'
        "\t<DT><H3 FOLDED>Favourites</H3>\n\t<DL><p>\n{}\t</DL><p>\n</HTML>\n",
        '\t\t<DT><A HREF="https://x.example/{n}">T</A>\n',
    ),
    "Internet Explorer": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\r\n<!-- This is an automatically generated file.\r\n"
        "It will be read and overwritten.\r\nDo Not Edit! -->\r\n<TITLE>Bookmarks</TITLE>\r\n"
        "<H1>Bookmarks</H1>\r\n<DL><p>\r\n{}</DL><p>\r\n",
        '    <DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" LAST_VISIT="1600000000" '
        'LAST_MODIFIED="1600000000" ICON_URI="https://x.example/" >T</A>\r\n',
    ),
    "Pinboard": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Pinboard Bookmarks</TITLE>\n"
        "<H1>Bookmarks</H1>\n<DL><p>{}</DL></p>\n<!-- stats -->",
        '<DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" PRIVATE="1" TOREAD="1" '
        'TAGS="a,b">T</A>\n<DD>some <i>text</i>\n\n',
    ),
    "Shaarli": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<!-- Shaarli all bookmarks export on Sunday -->\n"
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n<TITLE>S</TITLE>\n'
        "<H1>Shaarli export</H1>\n<DL><p>\n{}</DL><p>",
        '<DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" LAST_MODIFIED="1600000001" '
        'PRIVATE="0" TAGS="a,b">T</A>\n<DD>some text\nin two lines\n',
    ),
    "linkding": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>"
        "\r\n{}\r\n</DL><p>",
        '<DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" LAST_MODIFIED="1600000000" '
        'PRIVATE="0" TOREAD="0" TAGS="a,linkding:archived">T</A>\r\n<DD>text[linkding-notes]n'
        "[/linkding-notes]\r\n",
    ),
    "Raindrop": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Raindrop.io Bookmarks</TITLE>\n"
        '<H1>Raindrop.io Bookmarks</H1>\n<DL><p>\n<DT><H3 ADD_DATE="1">Unsorted</H3>\n<DL><p>\n{}'
        "</DL><p>\n</DL><p>",
        '<DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" LAST_MODIFIED="1600000000" '
        'TAGS="a" DATA-COVER="https://x.example/c.png" DATA-IMPORTANT="true">T</A>\n<DD>text\n',
    ),
    "Delicious": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>"
        "{}</DL><p>\n",
        '<DT><A HREF="https://x.example/{n}" ADD_DATE="1600000000" PRIVATE="0" TAGS="a,b">T</A>\n',
    ),
    "Wallabag, Linkwarden and others of lower case": (
        '<!doctype netscape-bookmark-file-1><meta charset="utf-8"><title>B</title><dl>{}</dl>',
        '<dt><a href="https://x.example/{n}" add_date="1600000000">T</a></dt><dd>text</dd>',
    ),
    "Netscape itself": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>N</TITLE>\n<H1>N</H1>\n\n<DL><p>\n{}</DL><p>",
        '    <DT><A HREF="https://x.example/{n}" ADD_DATE="940000000" LAST_VISIT="0" '
        'LAST_MODIFIED="0" ALIASID="1">T</A>\n',
    ),
    "Delicious, with code in its notes": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<DL><p>{}</DL><p>\n",
        '<DT><A HREF="https://x.example/{n}" ADD_DATE="1182269176" PRIVATE="0">T</A>\n'
        "<DD>-----BEGIN GEEK CODE BLOCK-----\nGE/CS/IT/O d-(pu) s: C++$>+++$ <V+$ PGP>+ !D G\n",
    ),
    "Google Bookmarks": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<H1>Bookmarks</H1>\n<DL><p>\n  <DT>"
        '<H3 ADD_DATE="1258826211990949">History</H3>\n  <DL><p>\n{}  </DL><p>\n</DL><p>',
        '    <DT><A HREF="https://x.example/{n}" ADD_DATE="1260914469588170">T</A>\n',
    ),
    "Unmark": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n        <H1>Bookmarks</H1>\n\n<DL>\n{}\n</DL>\n",
        '<DT><A HREF="https://x.example/{n}" ADD_DATE="1606156281" TAGS="work," >T</A>\n',
    ),
    "Folders without names": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p><DT><H3>Bar</H3><DL><p><DT>"
        '<H3 ADD_DATE="1"></H3><DL><p>{}</DL><p></DL><p></DL><p>',
        '<DT><A HREF="https://x.example/{n}">T</A>\n',
    ),
    "Lists without terms": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{}</DL><p>",
        '<A HREF="https://x.example/{n}" ADD_DATE="1600000000">T</A>\n',
    ),
    "No list at all": (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>T</TITLE><h3>Folder</h3>\n{}",
        '<a href="https://x.example/{n}">T</a><br>\n',
    ),
    "Instapaper": (
        "<!DOCTYPE html>\n<html><head><title>Instapaper: Export</title></head><body>"
        "<h1>Unread</h1>\n<ol>\n{}</ol>\n</body></html>",
        '<li><a href="https://x.example/{n}">T</a>\n',
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_as_many_come_in_as_each_family_of_files_has(family: str) -> None:
    around, item = FAMILIES[family]
    file = around.format("".join(item.replace("{n}", str(number)) for number in range(2000)))
    found = read(file)
    assert [bookmark.url for bookmark in found] == [f"https://x.example/{n}" for n in range(2000)]
    assert {bookmark.title for bookmark in found} == {"T"}


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\0\xff\xfe",
        b"<",
        b"<a href>",
        b"title,url\nA,https://a.example/\n",
        b'{"title": "A", "url": "https://a.example/"}',
        b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 20,
        b"<!DOCTYPE html><title>A page</title><p><a href='https://a.example/'>A</a>",
        b"<?xml version='1.0'?><opml version='1.0'><outline xmlUrl='https://a.example/'/></opml>",
    ],
    ids=lambda file: repr(file[:20]),
)
def test_what_is_no_bookmark_file_is_refused(file: bytes) -> None:
    with pytest.raises(NoBookmarkFile):
        read(file)


def test_a_bookmark_file_without_bookmarks_is_one() -> None:
    assert read(DOCTYPE + "<DL><p></DL>") == []


@pytest.mark.parametrize(
    "piece",
    [
        "<a href=http://e.com/1>", "<a ", "<a href='", '<a x="', "<!--", "<div>", "<DL>", "</DL>",
        "<DT>", "<DT><A HREF='", "<dd", "<b>", "<p", "&", "&#", "<DT><H3>", " ", "<li><a href=x>",
    ],
)  # fmt: skip
def test_a_file_that_is_made_to_be_slow_is_read_all_the_same(piece: str) -> None:
    steps = sum(1 for _ in read(entry(rest="<DD>") + piece * 10_000))
    assert steps <= 10_001


def test_memory_is_bounded_whatever_one_entry_holds() -> None:
    icon = "x" * (5 * 1024 * 1024)
    first, second = read(entry(rest=f"<DD>{icon}<DT><A HREF='https://b.example/'>next</A>"))
    assert len(first.description or "") == 20_000
    assert second.title == "next"


def fitted(**values: Any) -> Any:
    """Make a bookmark fit."""
    bookmark = Bookmark(**{"url": "https://a.example/"} | values)
    return fit(bookmark, with_folders=True, is_private=True)


def test_what_is_too_long_is_cut_and_says_so() -> None:
    tags = [f"tag{number}" for number in range(25)]
    draft = fitted(title="t" * 300, description="d" * 3000, tags=["x" * 60, *tags])
    assert (len(draft.title), len(draft.description), len(draft.tags)) == (200, 2000, 20)
    assert max(map(len, draft.tags)) == 50
    assert "tag18" in draft.tags
    assert (
        re.findall(r"^\w+", "\n".join(draft.warnings), re.M)
        == ["title", "description"] + ["tags"] * 2
    )


def test_what_fits_stays_as_it_is() -> None:
    draft = fitted(title="t" * 200, description="d" * 2000, tags=["x" * 50, "b"])
    assert draft.warnings == []
    assert (len(draft.title), len(draft.description)) == (200, 2000)


def test_folders_become_tags() -> None:
    draft = fitted(tags=["Bread"], folders=["Cooking", "Bread", "Salt, pepper", "\u200b"])
    assert draft.tags == ["Bread", "cooking", "salt pepper"]


@pytest.mark.parametrize("text", [None, "", "\u200b", "\u3164\xa0"])
def test_what_shows_nothing_is_no_title(text: str | None) -> None:
    draft = fitted(title=text, description=text, tags=[text] if text else [])
    assert (draft.title, draft.description, draft.tags) == (None, None, [])


def test_a_date_to_come_is_now() -> None:
    assert fitted(created_at=datetime(2999, 1, 1, tzinfo=UTC)).created_at <= utcnow()


@pytest.mark.parametrize("said", [True, False, None])
def test_who_sees_a_link_is_what_the_file_says_or_else_the_caller(said: bool | None) -> None:
    private, public = (
        fit(Bookmark("https://a.example/", is_private=said), with_folders=True, is_private=default)
        for default in (True, False)
    )
    assert (private.is_private, public.is_private) == (
        (True, False) if said is None else (said,) * 2
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "place:sort=8", "chrome://x", "file:///x"])
def test_only_an_address_that_may_not_be_stored_refuses_an_entry(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        fitted(url=url)


def test_a_file_is_not_read_further_than_it_is_asked_for() -> None:
    bookmarks: Iterator[Bookmark] = read_bookmarks(BytesIO((entry() * 5000).encode()))
    assert next(bookmarks).title == "x"
