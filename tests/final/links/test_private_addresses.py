"""Fetching page titles: never led to a private address, however it is written or reached."""

import socket
from typing import Any

import anyio
import pytest

from final.core.database.engine import Database
from final.links.page_titles.fetcher import FAILED, PageTitles
from tests.support.page_site import Site, fetch
from tests.support.server import make_settings

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
