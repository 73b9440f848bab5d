"""Short ways to posts and pictures."""

from io import BytesIO
from typing import Any

from PIL import Image

from tests.support.server import Person, Server

POSTS = "/api/v1/posts"
POST: dict[str, Any] = {"title": "Hello there", "content": "A first text.", "tags": ["Greeting"]}


def write(server: Server, who: Person, title: str = "Hello there", **changes: Any) -> Any:
    """Write a post and return it."""
    response = server.call("POST", POSTS, who, json=POST | {"title": title} | changes)
    assert response.status_code == 201, response.text
    return response.json()


def titles(server: Server, query: str = "", who: Person | None = None) -> list[str]:
    """List the titles on the first page."""
    response = server.get(f"{POSTS}?{query}", who)
    assert response.status_code == 200, response.text
    return [post["title"] for post in response.json()["items"]]


def paint(kind: str = "PNG", size: tuple[int, int] = (8, 6), **options: Any) -> bytes:
    """Encode a small red picture."""
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, kind, **options)
    return file.getvalue()


def picture(content: bytes | None = None, name: str = "a.png") -> tuple[str, bytes, str]:
    """Return a file as a form holds it."""
    return (name, paint() if content is None else content, "image/png")


def upload(server: Server, who: Person, post_id: int, content: bytes | None = None) -> Any:
    """Give a post an image and return the answer."""
    files = {"file": picture(content)}
    return server.call("POST", f"{POSTS}/{post_id}/image", who, files=files)
