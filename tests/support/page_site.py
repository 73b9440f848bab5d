"""A web server whose pages are fetched for their titles."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import anyio

from final.core.database.engine import Database
from final.links.page_titles.fetcher import POLICY, PageTitles
from tests.support.server import make_settings


def listen_at_both() -> tuple[socket.socket, socket.socket]:
    """Listen at one port of 127.0.0.1 and 127.0.0.2, which nobody has at either."""
    while True:
        public = socket.create_server(("127.0.0.1", 0))
        try:
            return public, socket.create_server(("127.0.0.2", public.getsockname()[1]))
        except OSError:
            public.close()


class Site:
    """A web server on 127.0.0.1 that answers whole pages, and knows who has called."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen on a port of 127.0.0.1, and at the same port of 127.0.0.2."""
        self.tls = tls
        self.pages: dict[str, bytes | Callable[[socket.socket], None]] = {}
        self.calls: list[str] = []
        self.requests: list[str] = []
        self.public, self.private = listen_at_both()
        self.port: int = self.public.getsockname()[1]
        for server in (self.public, self.private):
            threading.Thread(target=self.serve, args=[server], daemon=True).start()

    def serve(self, server: socket.socket) -> None:
        """Answer one caller after the other."""
        with suppress(OSError):
            while True:
                caller, _ = server.accept()
                self.calls.append(caller.getsockname()[0])
                with suppress(OSError):
                    self.answer(caller)

    def answer(self, caller: socket.socket) -> None:
        """Answer a request, once it is clear who we are."""
        with self.tls.wrap_socket(caller, server_side=True) if self.tls else caller as connection:
            request = connection.recv(65536).decode()
            self.requests.append(request)
            page = self.pages[request.split(" ")[1]]
            page(connection) if callable(page) else connection.sendall(page)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Write the address of a page."""
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"

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


def fetch(site: Site, url: str, allowed: bool = True, **changes: Any) -> str:
    """Fetch a title; 127.0.0.1 stands for a public address, unless it is not allowed."""
    networks = frozenset({ip_network("127.0.0.1/32")} if allowed else set())
    policy = replace(POLICY, allow_ports=frozenset({site.port}), ip_allowlist=networks, **changes)

    async def run() -> str:
        return await PageTitles(Database(make_settings("sqlite:///never-opened.db")), policy).fetch(
            url
        )

    return anyio.run(run)
