"""The short-circuit of lists that are the same for everyone: whole responses, from the cache.

The cache knows a response by the validated parameters of its request. Which these are for a query
string, the route has to say once; the latest are remembered here.
"""

from collections.abc import Callable, Collection
from typing import Any

from cachetools import LRUCache
from starlette.types import ASGIApp, Receive, Scope, Send

from final.acceleration.short_circuit import VARY, ShortCircuit, is_plain_get
from final.core.http.cached_responses import from_kept
from final.core.resources import Resources
from final.core.root_path import outward
from final.core.shared.cache import Tags

REMEMBERED = 1000

Question = tuple[str, bytes]


class CachedListShortCircuit(ShortCircuit):
    """A list, under each of its paths."""

    def __init__(
        self, app: ASGIApp, endpoint: Callable[..., Any], tags: Tags, paths: Collection[str]
    ) -> None:
        """Wrap the app; what the list shows is written under these tags."""
        super().__init__(app, endpoint)
        self.tags, self.paths = tags, frozenset(paths)
        self.keys: LRUCache[Question, str] = LRUCache(REMEMBERED)

    async def find(self, scope: Scope) -> ASGIApp | None:
        """Return the response, if it is kept."""
        if scope["path"] not in self.paths:
            return None
        key = self.keys.get(question(scope))
        if key is None:
            return None
        resources: Resources = scope["app"].state.resources
        kept = await resources.cache.find(self.tags, key)
        if kept is None:
            return None
        response = from_kept(kept)
        response.raw_headers.append(VARY)
        return response

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route answer, and remember under which key it did."""
        if not is_plain_get(scope) or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        asked = question(scope)
        await self.app(scope, receive, send)
        if key := scope.get("state", {}).get("cache_key"):
            self.keys[asked] = key


def question(scope: Scope) -> Question:
    """Return what a request asks, word for word."""
    return outward(scope["path"]), scope["query_string"]
