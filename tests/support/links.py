"""Short ways to links."""

from typing import Any

import httpx2 as httpx

from tests.support.server import Person, Server, WorkersServer

URL = "https://example.com/page"

Json = dict[str, Any]


def save(server: Server, who: Person, title: str = "A page", **changes: Any) -> Json:
    """Save a link."""
    response = server.call("POST", "/links", who, json={"title": title, "url": URL} | changes)
    assert response.status_code == 201, response.text
    link: Json = response.json()
    return link


def shorten(server: Server, who: Person, url: str = URL, **changes: Any) -> httpx.Response:
    """Shorten a URL; with a title, so that nobody looks for the page's."""
    body = {"title": "A page", "original_url": url} | changes
    return server.call("POST", "/shorten/", who, json=body)


def follow(server: Server, key: str, method: str = "GET", **options: Any) -> httpx.Response:
    """Follow a short link, but not to the end."""
    return server.call(method, f"/{key}", follow_redirects=False, **options)


def write_clicks(server: Server) -> None:
    """Have the clicks written that the app of this process has counted."""
    if not isinstance(server, WorkersServer):
        server.run(server.links.clicks.flush)


def clicks(server: Server, who: Person) -> list[int]:
    """List the clicks on somebody's links, as they are stored."""
    write_clicks(server)
    return [link["clicks"] for link in server.get("/links", who).json()]
