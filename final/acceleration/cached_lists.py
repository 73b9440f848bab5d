"""The short-circuit of lists that are the same for everyone: whole responses, from the cache.

The cache knows a response by the validated parameters of its request. Which these are for a query
string, the route has to say once; the latest are remembered here.
"""

from collections.abc import Callable, Collection
from typing import Any

from cachetools import LRUCache
from starlette.types import ASGIApp, Receive, Scope, Send

from final.acceleration.short_circuit import VARY, Answer, ShortCircuit, is_plain_get
from final.core.http.cached_responses import from_kept
from final.core.resources import Resources
from final.core.root_path import outward
from final.core.shared.cache import Tags

REMEMBERED = 1000
# Fewer of them: each is a whole list.
KEPT_READY = 100

Question = tuple[str, bytes]


class Ready:
    """What the cache keeps, unpacked once."""

    def __init__(self, kept: bytes) -> None:
        """Unpack it."""
        response = from_kept(kept)
        self.kept = kept
        self.answer = Answer(200, [*response.raw_headers, VARY], bytes(response.body))


class CachedListShortCircuit(ShortCircuit):
    """A list, under each of its paths."""

    def __init__(
        self, app: ASGIApp, endpoint: Callable[..., Any], tags: Tags, paths: Collection[str]
    ) -> None:
        """Wrap the app; what the list shows is written under these tags."""
        super().__init__(app, endpoint)
        self.tags, self.paths = tags, frozenset(paths)
        self.keys: LRUCache[Question, str] = LRUCache(REMEMBERED)
        self.ready: LRUCache[str, Ready] = LRUCache(KEPT_READY)

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
        ready = self.ready.get(key)
        if ready is None or ready.kept != kept:
            ready = self.ready[key] = Ready(kept)
        return ready.answer

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
