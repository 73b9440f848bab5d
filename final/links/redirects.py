"""The fast path of `GET /{key}`: a ready-made answer from memory, before any route is tried.

It spares a counted redirect the route table, the dependencies and the database; what is left of
its price is the middleware around it (`tests/benchmarks/redirect.py` measures both). An entry is
believed for two seconds, so this is how long another worker may go on redirecting after a link was
changed or deleted; this worker forgets at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from final.links.clicks import ClickCounter
from final.links.models import Link
from final.links.site import fold_key

FRESH_SECONDS = 2.0
CAPACITY = 10_000

RawHeaders = list[tuple[bytes, bytes]]


def redirect_headers(url: str) -> RawHeaders:
    """Return the headers of a redirect that no cache may keep: every click is to be counted."""
    return [
        (b"location", url.encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ]


@dataclass(frozen=True, slots=True)
class Answer:
    """A redirect, ready to be sent until it is stale."""

    link_id: int
    headers: RawHeaders
    stale_at: float


class Redirects:
    """Ready-made redirects by key, so many at most, the oldest dropped first."""

    def __init__(self, clicks: ClickCounter) -> None:
        """Begin with none."""
        self.clicks = clicks
        self.answers: dict[str, Answer] = {}
        self.changes = 0

    def remember(self, link: Link, changes: int) -> None:
        """Keep the answer of a link that was read when so many changes had been made.

        One that may be from before a change is not kept, nor is one with limits: the database is
        asked for it each time.
        """
        if changes != self.changes or link.max_clicks is not None or link.expires_at is not None:
            return
        self.answers.pop(link.key, None)
        if len(self.answers) >= CAPACITY:
            del self.answers[next(iter(self.answers))]
        stale_at = time.monotonic() + FRESH_SECONDS
        self.answers[link.key] = Answer(link.id, redirect_headers(link.url), stale_at)

    async def forget(self, *keys: str) -> None:
        """Drop the answers of links that have changed; to be called after the commit."""
        self.changes += 1
        for key in keys:
            self.answers.pop(key, None)

    def find(self, path: str) -> Answer | None:
        """Return the answer for a path while it is fresh."""
        answer = self.answers.get(fold_key(path[1:]))
        return answer if answer and time.monotonic() < answer.stale_at else None


class FastRedirects:
    """Answer known keys at the door.

    Between this and the caller stand only the request id, the log, the metrics and the security
    headers. A page of another origin is left to the routes, behind the guard that knows origins.
    """

    def __init__(self, app: ASGIApp, endpoint: Callable[..., Any]) -> None:
        """Wrap the app; `endpoint` is the handler whose work this does, as the metrics see it."""
        self.app = app
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect and count when the answer is at hand, else leave it to the routes."""
        answer = find_answer(scope)
        if answer is None:
            await self.app(scope, receive, send)
            return
        scope["app"].state.redirects.clicks.count(answer.link_id)
        scope["endpoint"] = self.endpoint
        # A list of its own for each answer: middleware on the way out adds to it.
        start = {"type": "http.response.start", "status": 302, "headers": [*answer.headers]}
        await send(start)
        await send({"type": "http.response.body", "body": b""})


def find_answer(scope: Scope) -> Answer | None:
    """Return the answer for a request, if it is a plain GET of a known key."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    redirects: Redirects = scope["app"].state.redirects
    answer = redirects.find(scope["path"])
    if answer is None or any(name == b"origin" for name, _ in scope["headers"]):
        return None
    return answer
