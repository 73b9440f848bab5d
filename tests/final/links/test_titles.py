"""Fetching page titles: right with odd pages, and kept where there was none."""

import gzip
import socket
import ssl
import threading
from contextlib import closing
from typing import Any

import anyio
import httpx
import pytest
import trustme

from final.core.config import Settings
from final.links.page_titles import fetcher as page_title
from final.links.page_titles.fetcher import FAILED, NO_TITLE, PageTitles, read_title
from tests.support.links import shorten
from tests.support.page_site import Site, fetch
from tests.support.server import Server, make_settings, wait_for


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Return settings of one database: fetching does not depend on its kind."""
    return make_settings(sqlite_url)


class TestPages:
    @pytest.mark.parametrize(
        ("body", "title"),
        [
            (b"<html><head><title>Plain</title></head></html>", "Plain"),
            (b"<TITLE lang=en>\n  Much \t white\n space </TITLE>", "Much white space"),
            (b"<title>&lt;b&gt; &amp; &eacute;&#8364;</title>", "<b> & é€"),
            (b"<title>First</title><title>Second</title>", "First"),
            (b"<title>never closed", "never closed"),
            (b"<title>a\0b\x1bc</title>", "abc"),
            (b"<title>" + b"x" * 1000 + b"</title>", "x" * 300),
            (b"<title>  </title>", NO_TITLE),
            (b"<p>nothing</p>", NO_TITLE),
            (b"", NO_TITLE),
            (b"<!-- <title>x</title> -->", NO_TITLE),
            (b"<p>" * 100_000 + b"<title>too late</title>", NO_TITLE),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_have_titles(self, site: Site, body: bytes, title: str) -> None:
        assert fetch(site, site.show(body)) == title

    @pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.2"], ids=["right", "other"])
    def test_are_believed_with_a_certificate_of_their_name_alone(self, name: str) -> None:
        authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(tls)
        trusting = httpx.create_ssl_context()
        authority.configure_trust(trusting)
        with closing(Site(tls)) as site:
            url = site.show(b"<title>Secret</title>")
            assert fetch(site, url) == FAILED
            believed = fetch(site, url, verify_ssl=trusting)
        assert believed == ("Secret" if name == "127.0.0.1" else FAILED)

    @pytest.mark.parametrize(
        ("encoding", "kind", "meta"),
        [
            ("utf-8", "text/html; charset=utf-8", ""),
            ("utf-8", "text/html", ""),
            ("windows-1252", "text/html; charset=windows-1252", ""),
            ("iso-8859-1", "text/html", "<meta charset=iso-8859-1>"),
            ("windows-1252", "text/html; charset=utf-8", ""),
            ("utf-8", "text/html; charset=no-such-thing", ""),
            ("utf-16", "text/html", ""),
            ("utf-8-sig", "text/html; charset=iso-8859-1", ""),
        ],
    )
    def test_come_in_many_encodings(self, site: Site, encoding: str, kind: str, meta: str) -> None:
        body = f"{meta}<title>Größe</title>".encode(encoding)
        assert fetch(site, site.show(body, kind)) == "Größe"

    @pytest.mark.parametrize(
        ("body", "kind", "title"),
        [
            (b"<title>It\x92s</title>", "text/html; charset=iso-8859-1", "It\u2019s"),
            (b"<meta charset=latin1><title>It\x92s</title>", "text/html", "It\u2019s"),
            (b"<title>10\x80</title>", "text/html; charset=us-ascii", "10\u20ac"),
            ("<title>\u03c0\u22483</title>".encode(), "text/html", "\u03c0\u22483"),
            ("<title>\u03c0\u22483</title>".encode(), "text/html; charset=utf-7", "\u03c0\u22483"),
            (
                b"<title>a\xff \xe6\x97\xa5\xe6\x9c\xac</title>",
                "text/html; charset=utf-8",
                "a\ufffd 日本",
            ),
        ],
    )
    def test_are_what_a_browser_shows(self, site: Site, body: bytes, kind: str, title: str) -> None:
        assert fetch(site, site.show(body, kind)) == title

    def test_in_japanese_too(self, site: Site) -> None:
        body = "<title>日本語</title>".encode("shift_jis")
        assert fetch(site, site.show(body, "text/html; charset=shift_jis")) == "日本語"

    def test_may_be_longer_than_anybody_reads(self, site: Site) -> None:
        body = ("<title>Größe</title><p>" + "ü" * page_title.MAX_BYTES).encode()
        assert fetch(site, site.show(body)) == "Größe"

    def test_may_be_packed(self, site: Site) -> None:
        body = gzip.compress(b"<title>packed</title>")
        assert fetch(site, site.show(body, Content_Encoding="gzip")) == "packed"

    def test_a_bomb_stays_small(self, site: Site) -> None:
        body = gzip.compress(b"<title>bomb</title>" + b" " * 100_000_000)
        assert fetch(site, site.show(body, Content_Encoding="gzip")) == "bomb"

    @pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "nonsense"])
    def test_unknown_packing_is_refused(self, site: Site, coding: str) -> None:
        assert fetch(site, site.show(b"<title>x</title>", Content_Encoding=coding)) == FAILED

    @pytest.mark.parametrize("kind", ["image/png", "application/pdf", "application/json"])
    def test_other_things_have_no_title(self, site: Site, kind: str) -> None:
        assert fetch(site, site.show(b"<title>x</title>", kind)) == NO_TITLE

    @pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
    def test_an_error_is_no_page(self, site: Site, status: int) -> None:
        site.pages["/"] = f"HTTP/1.1 {status} No\r\n\r\n<title>Error</title>".encode()
        assert fetch(site, site.url()) == FAILED

    @pytest.mark.parametrize("answer", [b"", b"\xff\xfe", b"HTTP/1.1 200\r\n: x\r\n\r\n"])
    def test_nonsense_is_no_page(self, site: Site, answer: bytes) -> None:
        site.pages["/"] = answer
        assert fetch(site, site.url()) == FAILED

    def test_a_redirect_is_followed_but_not_round_and_round(self, site: Site) -> None:
        moved = "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n"
        site.show(b"<title>there</title>")
        site.pages["/old"] = moved.format("/").encode()
        site.pages["/loop"] = moved.format("/loop").encode()
        assert fetch(site, site.url("/old")) == "there"
        assert fetch(site, site.url("/loop")) == FAILED

    def test_an_endless_page_ends(self, site: Site) -> None:
        def talk(caller: socket.socket) -> None:
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>on</title>")
            while True:
                caller.sendall(b"and on " * 1000)

        site.pages["/"] = talk
        assert fetch(site, site.url()) == "on"

    def test_a_slow_page_is_given_up(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(page_title, "TIMEOUT_SECONDS", 0.3)
        site.pages["/"] = say_nothing
        assert fetch(site, site.url()) == FAILED

    def test_a_fault_of_ours_is_logged_and_no_more(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(page_title, "read_title", None)
        assert fetch(site, site.show(b"<title>x</title>")) == FAILED
        assert "TypeError" in caplog.text


def say_nothing(_caller: socket.socket) -> None:
    """Keep a caller waiting."""
    threading.Event().wait(1)


class TestRoute:
    def test_fills_the_titles_that_are_empty(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada, bob = server.join("ada"), server.join("bob")
        shorten(server, ada)
        shorten(server, bob, alias="of-bob")
        monkeypatch.setattr(PageTitles, "fetch", answer("The page"))
        response = server.get("/link/title/?url=https://example.com/page", ada)
        assert response.text == "The page"
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert [link["default_title"] for link in server.get("/links", ada).json()] == ["The page"]
        assert [link["default_title"] for link in server.get("/links", bob).json()] == [None]

    @pytest.mark.parametrize("title", [FAILED, NO_TITLE])
    def test_keeps_no_failure(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, title: str
    ) -> None:
        ada = server.join("ada")
        monkeypatch.setattr(PageTitles, "fetch", answer(title))
        assert shorten(server, ada, title=None).json()["title"] is None
        assert server.get("/link/title/?url=https://example.com/page", ada).text == title
        assert server.get("/links", ada).json()[0]["default_title"] is None

    def test_a_new_link_without_a_title_takes_the_pages(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = server.join("ada")
        monkeypatch.setattr(PageTitles, "fetch", answer("The page"))
        assert shorten(server, ada, title=None).json()["title"] == "The page"

    def test_a_slow_page_holds_nobody_up_and_is_noted_later(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = server.join("ada")
        monkeypatch.setattr("final.links.shortener.router.TITLE_SECONDS", 0.05)
        monkeypatch.setattr(PageTitles, "fetch", answer("The page", 0.2))
        assert shorten(server, ada, title=None).json()["title"] is None
        wait_for(lambda: server.get("/links", ada).json()[0]["title"] == "The page")


def answer(title: str, seconds: float = 0) -> Any:
    """Make a stand-in for fetching."""

    async def fetch(_self: object, _url: str) -> str:
        await anyio.sleep(seconds)
        return title

    return fetch


@pytest.mark.parametrize("piece", [b"<a ", b"<a href='", b"<!--", b"<div>", b"<title>x&amp;"])
def test_a_page_that_is_made_to_be_slow_is_read_all_the_same(piece: bytes) -> None:
    assert len(read_title(piece * 50_000, "utf-8")) <= 300
