"""The fast path of the list of posts: a page that is kept in the cache.

`tests/benchmarks/lists.py` measures what that is worth.
"""

import hashlib
from collections.abc import Callable, Collection
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from final.core.cache import POSTS_TAG, Cache
from final.core.fast_path import VARY, FastPath


def list_key(scope: Scope) -> str:
    """Return the key of a page: everything it depends on is in the query string, not who asks."""
    return hashlib.sha256(b"posts?" + scope["query_string"]).hexdigest()


def list_answer(body: bytes) -> Response:
    """Return a page as it goes out."""
    return Response(body, media_type="application/json")


class ReadyLists(FastPath):
    """`GET /posts`, under each of its paths."""

    def __init__(self, app: ASGIApp, endpoint: Callable[..., Any], paths: Collection[str]) -> None:
        """Wrap the app."""
        super().__init__(app, endpoint)
        self.paths = frozenset(paths)

    async def find(self, scope: Scope) -> ASGIApp | None:
        """Return the page, if it is kept."""
        if scope["path"] not in self.paths:
            return None
        cache: Cache = scope["app"].state.cache
        body = await cache.find(POSTS_TAG, list_key(scope))
        if body is None:
            return None
        answer = list_answer(body)
        answer.raw_headers.append(VARY)
        return answer
