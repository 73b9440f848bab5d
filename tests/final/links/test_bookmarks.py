"""Bookmarks out and in again."""

from typing import Any

import pytest

from final.links.bookmark_files.netscape import read_bookmarks
from final.links.errors import TooManyBookmarks
from tests.support.links import URL, save
from tests.support.server import Person, Server

FIREFOX = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<!-- This is an automatically generated file. -->
<TITLE>Bookmarks</TITLE>
<DL><p>
    <DT><H3 ADD_DATE="1700000000">Folder</H3>
    <DD>About the folder
    <DL><p>
        <DT><A HREF="https://a.example/?x=1&amp;y=2" ADD_DATE="1700000000" TAGS="b,a">A &lt;3</A>
        <DD>Line one
        <DT><A HREF="https://b.example/">B <b>bold</b></A>
    </DL><p>
    <DT><A HREF="place:sort=8">Most visited</A>
    <DT><A HREF="javascript:alert(1)">Bookmarklet</A>
    <DT><A HREF="https://c.example/" ADD_DATE="never" TAGS="">  </A>
</DL>
"""
HOSTILE = ["</A><script>alert(1)</script>", "\" onclick='x' & <b>&amp;</b>", "a\r\n\tb\n\n<DT>c"]


@pytest.fixture
def ada(server: Server) -> Person:
    """Return a user."""
    return server.join("ada")


def bring_in(server: Server, who: Person, file: str | bytes) -> Any:
    """Import a file; return the results."""
    content = file.encode() if isinstance(file, str) else file
    response = server.call("POST", "/links/import", who, files={"file": content})
    assert response.status_code == 200, response.text
    return response.json()


def contents(server: Server, who: Person) -> list[Any]:
    """List what a bookmark is made of."""
    fields = ("url", "title", "description", "tags", "created_at")
    links = server.get("/links?limit=100", who).json()
    return [[link[field] for field in fields] for link in links]


def test_what_goes_out_comes_back_exactly(server: Server, ada: Person) -> None:
    for text in [*HOSTILE, "Ünïcödé 🦄"]:
        link = save(server, ada, title=" ".join(text.split()), description=text)
        tags = {"tags": ["<b>&", "ü", text.splitlines()[0].strip().replace(",", "")]}
        server.call("PATCH", f"/links/{link['id']}", ada, json=tags)
    save(server, ada, url="https://example.com/?a=1&b='\"<>#c")
    file = server.get("/links/export", ada).text
    bob = server.join("bob")
    assert {result["status"] for result in bring_in(server, bob, file)} == {"ok"}
    assert contents(server, bob) == contents(server, ada)
    assert server.get("/links/export", bob).text == file


def test_nothing_in_the_file_becomes_markup(server: Server, ada: Person) -> None:
    for text in HOSTILE:
        save(server, ada, title=" ".join(text.split()), description=text)
    response = server.get("/links/export", ada)
    assert "<script" not in response.text
    assert "onclick='" not in response.text
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_a_file_of_a_browser_is_understood(server: Server, ada: Person) -> None:
    results = bring_in(server, ada, FIREFOX)
    assert [result["status"] for result in results] == ["ok", "ok", "error", "error", "ok"]
    assert [result["code"] for result in results[2:4]] == [422, 422]
    first, second, third = contents(server, ada)
    assert first == [
        "https://a.example/?x=1&y=2",
        "A <3",
        "Line one",
        ["a", "b"],
        "2023-11-14T22:13:20Z",
    ]
    assert second[:4] == ["https://b.example/", "B bold", None, []]
    assert third[1] == "https://c.example/"


def test_every_item_has_a_result_of_its_own(server: Server, ada: Person) -> None:
    save(server, ada)
    urls = [URL, "http://localhost:8000/x", "https://new.example/", "https://new.example/", "x"]
    file = "".join(f"<DT><A HREF='{url}'>t</A>" for url in urls)
    results = bring_in(server, ada, file)
    assert [result["index"] for result in results] == [1, 2, 3, 4, 5]
    assert [result["code"] for result in results] == [409, 422, None, None, 422]
    assert results[0]["detail"] == "You already have a link for this URL."
    assert len(contents(server, ada)) == 3


def test_importing_twice_adds_nothing(server: Server, ada: Person) -> None:
    bring_in(server, ada, FIREFOX)
    before = contents(server, ada)
    assert {result["code"] for result in bring_in(server, ada, FIREFOX)} == {409, 422}
    assert contents(server, ada) == before


@pytest.mark.parametrize(
    "file",
    [b"", b"\0\xff\xfe", b"<", b"<a href>", b"<DL>" * 5000, b"<DT><A HREF='https://a.example/'"],
    ids=lambda file: repr(file[:20]),
)
def test_a_file_that_is_none_brings_nothing(server: Server, ada: Person, file: bytes) -> None:
    assert [result["status"] for result in bring_in(server, ada, file)].count("ok") == 0


@pytest.mark.parametrize(
    "attributes",
    [
        "ADD_DATE='99999999999999999999'",
        "ADD_DATE='-99999999999999'",
        "CREATED_AT='yesterday'",
        "CREATED_AT='9999-12-31T23:59:59-12:00'",
        "CREATED_AT='2999-01-01T00:00:00Z'",
        f"TAGS='{'x' * 51}'",
        f"TAGS='{','.join(map(str, range(30)))}'",
    ],
)
def test_odd_attributes_are_no_fault(server: Server, ada: Person, attributes: str) -> None:
    file = f"<DT><A HREF='https://a.example/' {attributes}>x</A>"
    (result,) = bring_in(server, ada, file)
    assert result["status"] == "ok" or result["code"] == 422


def test_a_missing_file_is_refused(server: Server, ada: Person) -> None:
    assert server.call("POST", "/links/import", ada).status_code == 422
    assert server.call("POST", "/links/import", ada, json={}).status_code == 422


def test_a_description_belongs_to_the_entry_before_it() -> None:
    file = b"<DT><A HREF=a>1</A><DT><A HREF=b>2</A><DD>of b<DT><H3>f</H3><DD>of f"
    assert [entry.description for entry in read_bookmarks(file)] == [None, "of b"]


@pytest.mark.parametrize("piece", ["<a href=http://e.com/1>", "<a ", "<a href='", "<!--", "<div>"])
def test_a_file_that_is_made_to_be_slow_is_read_all_the_same(piece: str) -> None:
    try:
        found = read_bookmarks(piece.encode() * 20_000)
    except TooManyBookmarks:
        found = []
    assert len(found) <= 1


def test_more_bookmarks_than_one_request_can_save_are_422(server: Server, ada: Person) -> None:
    file = b"<DT><A HREF='https://example.com/'>x</A>" * 5001
    response = server.call("POST", "/links/import", ada, files={"file": file})
    assert response.status_code == 422
    assert response.json() == {"detail": "A file may hold at most 5000 bookmarks"}
    assert server.get("/links", ada).json() == []
