"""The redirect itself."""

from typing import TypeAlias

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]


def redirect_headers(url: str) -> RawHeaders:
    """Return the headers of a redirect that no cache may keep: every click is to be counted."""
    return [
        (b"location", url.encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ]
