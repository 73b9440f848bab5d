"""Short ways to posts and pictures."""

import struct
from collections.abc import Iterable
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


# Red, green and blue of screens, seen under the light that profiles refer to.
SRGB = ((0.4361, 0.3851, 0.1431), (0.2225, 0.7169, 0.0606), (0.0139, 0.0971, 0.7141))
DISPLAY_P3 = ((0.5151, 0.2920, 0.1571), (0.2412, 0.6922, 0.0666), (-0.0011, 0.0419, 0.7841))
ADOBE_RGB = ((0.6097, 0.2053, 0.1492), (0.3111, 0.6257, 0.0632), (0.0195, 0.0609, 0.7446))


def color_profile(primaries: tuple[tuple[float, ...], ...], gamma: float = 2.2) -> bytes:
    """Write a profile of the International Color Consortium for a screen."""
    white = (0.9642, 1.0, 0.8249)
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    tags = {b"wtpt": xyz(white), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    columns = zip(*primaries, strict=True)
    tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, columns), strict=True))
    table, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        place = 128 + 4 + 12 * len(tags) + len(data)
        table += name + struct.pack(">II", place, len(value))
        data += value
    size = 128 + len(table) + len(data)
    header = struct.pack(">I4xI", size, 0x02400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    header += bytes(28) + xyz(white)[8:]
    return header.ljust(128, b"\0") + table + data


def xyz(values: Iterable[float]) -> bytes:
    """Write a colour."""
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def picture(content: bytes | None = None, name: str = "a.png") -> tuple[str, bytes, str]:
    """Return a file as a form holds it."""
    return (name, paint() if content is None else content, "image/png")


def upload(server: Server, who: Person, post_id: int, content: bytes | None = None) -> Any:
    """Give a post an image and return the answer."""
    files = {"file": picture(content)}
    return server.call("POST", f"{POSTS}/{post_id}/image", who, files=files)
