"""Bookmarks out and in again."""

import re
from typing import Any

import pytest

from final.links.bookmark_files.service import GROUP
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
DOCTYPE = "<!DOCTYPE NETSCAPE-Bookmark-file-1>"
HOSTILE = ["</A><script>alert(1)</script>", "\" onclick='x' & <b>&amp;</b>", "a\r\n\tb\n\n<DT>c"]


def bring_in(server: Server, who: Person, file: str | bytes, query: str = "") -> Any:
    """Import a file; return the results."""
    content = file.encode() if isinstance(file, str) else file
    response = server.call("POST", f"/links/import{query}", who, files={"file": content})
    assert response.status_code == 200, response.text
    return response.json()


def contents(server: Server, who: Person) -> list[Any]:
    """List what a bookmark is made of."""
    fields = ("url", "title", "description", "tags", "created_at", "is_private")
    links = server.get("/links?limit=100", who).json()
    return [[link[field] for field in fields] for link in links]


def test_what_goes_out_comes_back_exactly(server: Server, ada: Person) -> None:
    for text in [*HOSTILE, "Ünïcödé 🦄"]:
        link = save(server, ada, title=" ".join(text.split()), description=text)
        tags = {"tags": ["<b>&", "ü", text.splitlines()[0].strip().replace(",", "")]}
        server.call("PATCH", f"/links/{link['id']}", ada, json=tags)
    save(server, ada, url="https://example.com/?a=1&b='\"<>#c", is_private=True)
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
    assert set(re.findall("&[^;]*;", response.text)) <= {
        "&amp;",
        "&lt;",
        "&gt;",
        "&quot;",
        "&#39;",
        "&#10;",
        "&#13;",
    }
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
        ["a", "b", "folder"],
        "2023-11-14T22:13:20Z",
        True,
    ]
    assert second[:4] == ["https://b.example/", "B bold", None, ["folder"]]
    assert third[:2] == ["https://c.example/", None]


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


def test_what_is_too_long_is_cut_and_named(server: Server, ada: Person) -> None:
    tags = ",".join(f"tag{number}" for number in range(25))
    file = f"<DT><A HREF='https://a.example/' TAGS='{tags}'>{'word ' * 60}</A><DD>{'text ' * 500}"
    (result,) = bring_in(server, ada, file)
    assert result["status"] == "ok"
    assert [warning.partition(":")[0] for warning in result["warnings"]] == [
        "title",
        "description",
        "tags",
    ]
    ((_, title, description, kept, *_),) = contents(server, ada)
    assert (len(title), len(description), len(kept)) == (199, 1999, 20)


def test_untitled_links_stay_untitled(server: Server, ada: Person) -> None:
    bring_in(server, ada, "<DT><A HREF='https://a.example/'></A>")
    file = server.get("/links/export", ada).text
    bob = server.join("bob")
    bring_in(server, bob, file)
    assert [title for _, title, *_ in contents(server, bob)] == [None]


def test_folders_become_tags_unless_they_are_ignored(server: Server, ada: Person) -> None:
    file = "<DT><H3>Cooking</H3><DL><DT><A HREF='https://a.example/' TAGS='flour'>x</A></DL>"
    bring_in(server, ada, file)
    bob = server.join("bob")
    bring_in(server, bob, file, "?folders=ignore")
    assert [[link[3] for link in contents(server, who)] for who in (ada, bob)] == [
        [["cooking", "flour"]],
        [["flour"]],
    ]


PRIVACY = """<DT><A HREF='https://a.example/' PRIVATE='1'>a</A>
<DT><A HREF='https://b.example/' PRIVATE='0'>b</A><DT><A HREF='http://192.168.1.1/'>c</A>"""


@pytest.mark.parametrize(
    ("query", "hidden", "shown"),
    [("", ["a", "c"], ["b"]), ("?visibility=public", ["a"], ["b", "c"])],
)
def test_imported_links_are_private_unless_somebody_says_otherwise(
    server: Server, ada: Person, query: str, hidden: list[str], shown: list[str]
) -> None:
    bring_in(server, ada, PRIVACY, query)
    assert [title for _, title, *_, private in contents(server, ada) if private] == hidden
    assert [link["title"] for link in server.get("/links").json()] == shown
    public = server.get("/links/1")
    assert public.status_code == 404


def test_a_large_file_is_taken_in_groups_in_its_own_order(server: Server, ada: Person) -> None:
    icon = "x" * 5000
    entries = [
        f"<DT><A HREF='https://example.com/{n}' ICON='data:{icon}'>{n}</A>"
        for n in range(2 * GROUP + 30)
    ]
    file = DOCTYPE + "<DL>" + "".join(entries)
    assert len(file) > 1024 * 1024
    results = bring_in(server, ada, file)
    assert [result["index"] for result in results] == list(range(1, len(entries) + 1))
    ids = [result["id"] for result in results]
    assert ids == sorted(set(ids))
    export = server.get("/links/export", ada).text
    assert re.findall(r">(\d+)</A>", export) == [str(n) for n in range(len(entries))]


def test_a_code_that_is_taken_is_drawn_again(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter(["aaaaaaa", "bbbbbbb", "aaaaaaa", "bbbbbbb", "ccccccc", "ddddddd"])
    monkeypatch.setattr("final.links.addresses.site.Site.new_short_code", lambda _: next(codes))
    save(server, ada)
    file = "".join(f"<DT><A HREF='https://example.com/{n}'>{n}</A>" for n in range(3))
    assert [result["status"] for result in bring_in(server, ada, file)] == ["ok"] * 3
    assert [title for _, title, *_ in contents(server, ada)] == ["A page", "0", "1", "2"]


@pytest.mark.parametrize("content", [b"", b"title,url\n", b"\xff\xd8\xff\xe0\0\x10JFIF"])
def test_what_is_no_bookmark_file_is_422(server: Server, ada: Person, content: bytes) -> None:
    response = server.call("POST", "/links/import", ada, files={"file": content})
    assert response.status_code == 422
    assert "bookmark file" in response.json()["detail"]


def test_a_missing_file_is_refused(server: Server, ada: Person) -> None:
    bodies: list[dict[str, Any]] = [
        {},
        {"json": {}},
        {"files": {"other": b"x"}},
        {"data": {"file": "x"}},
    ]
    for body in bodies:
        response = server.call("POST", "/links/import", ada, **body)
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"] == ["body", "file"]


def test_the_size_of_an_export_needs_no_memory_and_head_no_database(
    server: Server, ada: Person
) -> None:
    save(server, ada)
    response = server.call("HEAD", "/links/export", ada)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Cache-Control"] == "no-store"
