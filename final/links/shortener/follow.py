"""The redirect itself."""

from typing import TypeAlias
from urllib.parse import quote

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]


def pass_on(url: str, query: bytes) -> str:
    """Return a URL with one more query; what is not ASCII is escaped, and a fragment stays last."""
    if not query:
        return url
    page, hash_sign, fragment = url.partition("#")
    more = quote(query, safe="!$%&'()*+,-./:;=?@[]_~")
    return page + ("&" if "?" in page else "?") + more + hash_sign + fragment


def redirect_headers(url: str) -> RawHeaders:
    """Return the headers of a redirect that no cache may keep: every click is to be counted."""
    return [
        (b"location", url.encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ]
