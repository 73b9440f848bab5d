"""Fetching page titles: right with odd pages, and never led to a private address."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import anyio
import pytest

from final.core.config import Settings
from final.core.database import Database
from final.links import page_title
from final.links.page_title import FAILED, NO_TITLE, POLICY, PageTitles, read_title
from tests.final.links import shorten
from tests.final.support import Server, make_settings

PRIVATE_HOSTS = [
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0X7F.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "0",
    "0.0.0.0",
    "0x0",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "192.168.0.1",
    "192.168.257",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[::ffff:169.254.169.254]",
    "100.64.0.1",
    "192.0.0.192",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
# For tests in which 127.0.0.1 stands for a public address.
REDIRECT_HOSTS = [
    "127.0.0.2",
    "127.2",
    "2130706434",
    "0x7f000002",
    "0177.0.0.2",
    "127.0.0.2.",
    "[::1]",
    "[::127.0.0.2]",
    "[::ffff:127.0.0.2]",
    "[64:ff9b::7f00:2]",
    "[2002:7f00:2::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "0.0.0.0",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.0.1",
]


class Site:
    """A web server on 127.0.0.1 that answers whole pages, and knows who has called."""

    def __init__(self) -> None:
        """Listen on a port of 127.0.0.1, and at the same port of 127.0.0.2."""
        self.pages: dict[str, bytes | Callable[[socket.socket], None]] = {}
        self.calls: list[str] = []
        self.public = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.public.getsockname()[1]
        self.private = socket.create_server(("127.0.0.2", self.port))
        for server in (self.public, self.private):
            threading.Thread(target=self.serve, args=[server], daemon=True).start()

    def serve(self, server: socket.socket) -> None:
        """Answer one caller after the other."""
        with suppress(OSError):
            while True:
                caller, _ = server.accept()
                self.calls.append(caller.getsockname()[0])
                with caller, suppress(OSError):
                    path = caller.recv(65536).split(b" ")[1].decode()
                    page = self.pages[path]
                    page(caller) if callable(page) else caller.sendall(page)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Write the address of a page."""
        return f"http://{host}:{self.port}{path}"

    def show(self, body: bytes, kind: str = "text/html", **headers: str) -> str:
        """Put up a page; return its address."""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{lines}Connection: close\r\n\r\n"
        self.pages["/"] = head.encode() + body
        return self.url()

    def close(self) -> None:
        """Stop listening."""
        self.public.close()
        self.private.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """Yield a web server."""
    site = Site()
    yield site
    site.close()


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Return settings of one database: fetching does not depend on its kind."""
    return make_settings(sqlite_url)


def fetch(site: Site, url: str, allowed: bool = True) -> str:
    """Fetch a title; 127.0.0.1 stands for a public address, unless it is not allowed."""
    networks = frozenset({ip_network("127.0.0.1/32")} if allowed else set())
    policy = replace(POLICY, allow_ports=frozenset({site.port}), ip_allowlist=networks)

    async def run() -> str:
        return await PageTitles(Database(make_settings("sqlite:///never-opened.db")), policy).fetch(
            url
        )

    return anyio.run(run)


class TestPrivateAddresses:
    @pytest.mark.parametrize("host", PRIVATE_HOSTS)
    def test_are_never_connected_to(
        self, site: Site, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connections: list[Any] = []
        monkeypatch.setattr(anyio, "connect_tcp", lambda *args, **_: connections.append(args))
        for url in (site.url(host=host), f"http://{host}/", f"https://{host}/"):
            assert fetch(site, url, allowed=False) == FAILED
        assert connections == []

    def test_the_listener_of_these_tests_would_notice(self, site: Site) -> None:
        assert fetch(site, site.show(b"<title>open</title>")) == "open"
        assert site.calls == ["127.0.0.1"]
        assert fetch(site, site.url(host="localhost"), allowed=False) == FAILED
        assert site.calls == ["127.0.0.1"]

    @pytest.mark.parametrize("host", REDIRECT_HOSTS)
    @pytest.mark.parametrize("status", [301, 307])
    def test_are_not_redirected_to(self, site: Site, host: str, status: int) -> None:
        place = f"Location: {site.url(host=host)}\r\n"
        site.pages["/"] = f"HTTP/1.1 {status} Moved\r\n{place}Content-Length: 0\r\n\r\n".encode()
        assert fetch(site, site.url()) == FAILED
        assert site.calls == ["127.0.0.1"]

    @pytest.mark.parametrize(
        "place",
        ["file:///etc/passwd", "ftp://127.0.0.2/", "gopher://127.0.0.2/", "http://[::1", "//"],
    )
    def test_nor_to_other_schemes(self, site: Site, place: str) -> None:
        site.pages["/"] = f"HTTP/1.1 302 Found\r\nLocation: {place}\r\n\r\n".encode()
        assert fetch(site, site.url()) == FAILED

    @pytest.mark.parametrize("answers", [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["::1"]])
    def test_are_not_reached_by_name(
        self, site: Site, answers: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [addr(site, ip) for ip in answers])
        assert fetch(site, site.url(host="harmless.example")) == FAILED
        assert site.calls == []

    def test_are_not_reached_by_a_name_that_changes_its_mind(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [addr(site, next(answers))])
        site.pages["/"] = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
        assert fetch(site, site.url(host="rebind.example")) == FAILED
        assert site.calls == ["127.0.0.1"]

    @pytest.mark.parametrize("port", [1, 22, 25, 6379, 5432, 65535])
    def test_odd_ports_are_refused(self, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        connections: list[Any] = []
        monkeypatch.setattr(anyio, "connect_tcp", lambda *args, **_: connections.append(args))

        async def run() -> str:
            return await PageTitles(Database(make_settings("sqlite:///never-opened.db"))).fetch(
                f"http://93.184.215.14:{port}/"
            )

        assert anyio.run(run) == FAILED
        assert connections == []


def addr(site: Site, ip: str) -> Any:
    """Write an address as a look-up answers it."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return family, socket.SOCK_STREAM, 6, "", (ip, site.port)


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
        monkeypatch.setattr("final.links.shortener_router.TITLE_SECONDS", 0.05)
        monkeypatch.setattr(PageTitles, "fetch", answer("The page", 0.2))
        assert shorten(server, ada, title=None).json()["title"] is None
        anyio.run(anyio.sleep, 0.6)
        assert server.get("/links", ada).json()[0]["title"] == "The page"


def answer(title: str, seconds: float = 0) -> Any:
    """Make a stand-in for fetching."""

    async def fetch(_self: object, _url: str) -> str:
        await anyio.sleep(seconds)
        return title

    return fetch


@pytest.mark.parametrize("piece", [b"<a ", b"<a href='", b"<!--", b"<div>", b"<title>x&amp;"])
def test_a_page_that_is_made_to_be_slow_is_read_all_the_same(piece: bytes) -> None:
    assert len(read_title(piece * 50_000, "utf-8")) <= 300
