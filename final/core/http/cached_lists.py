"""The short-circuit of lists that are the same for everyone: whole pages, kept in the cache.

`tests/benchmarks/lists.py` measures what that is worth.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from pydantic_core import from_json, to_json
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from final.core.http.short_circuit import VARY, ShortCircuit
from final.core.shared.cache import Cache


async def cached_page(
    cache: Cache, tag: str, scope: Scope, make: Callable[[], Awaitable[Response]]
) -> Response:
    """Return the page that a request asks for, made anew if none is kept."""

    async def packed() -> bytes:
        return pack(await make())

    return unpack(await cache.get(tag, page_key(tag, scope), packed))


def page_key(tag: str, scope: Scope) -> str:
    """Return the key of a page: it depends on path and query string alone, not on who asks."""
    page = f"page of {tag}: {scope['path']}?".encode() + scope["query_string"]
    return hashlib.sha256(page).hexdigest()


def pack(page: Response) -> bytes:
    """Return a 200 as it is kept: its headers, each of them once, on a line; then its body."""
    return to_json(dict(page.headers)) + b"\n" + bytes(page.body)


def unpack(kept: bytes) -> Response:
    """Return a page as it goes out."""
    headers, _, body = kept.partition(b"\n")
    return Response(body, headers=from_json(headers))


class CachedListShortCircuit(ShortCircuit):
    """A list, under each of its paths."""

    def __init__(
        self, app: ASGIApp, endpoint: Callable[..., Any], tag: str, paths: Collection[str]
    ) -> None:
        """Wrap the app; what the list shows is written under this tag."""
        super().__init__(app, endpoint)
        self.tag, self.paths = tag, frozenset(paths)

    async def find(self, scope: Scope) -> ASGIApp | None:
        """Return the page, if it is kept."""
        if scope["path"] not in self.paths:
            return None
        cache: Cache = scope["app"].state.cache
        kept = await cache.find(self.tag, page_key(self.tag, scope))
        if kept is None:
            return None
        page = unpack(kept)
        page.raw_headers.append(VARY)
        return page
