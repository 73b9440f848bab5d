"""The fast path of `GET /{key}`: an answer before any route is tried, ready-made if it can be.

It spares a counted redirect the route table, the dependencies, and for two seconds the database
(`tests/benchmarks/redirect.py` measures what that is worth). A worker that changes or deletes a
link forgets its answer at once, and with Redis so do the others; without, they may go on
redirecting for those two seconds.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col
from starlette.types import ASGIApp, Receive, Scope, Send

from final.core.database import Database
from final.core.error_handlers import DATABASE_AWAY, unavailable
from final.core.realtime import Realtime
from final.links.clicks import ClickCounter
from final.links.models import Link
from final.links.site import KEY, fold_key

TOPIC = "links"
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


FIND = select(col(Link.id), col(Link.url)).where(
    col(Link.key) == bindparam("key"),
    col(Link.max_clicks).is_(None),
    col(Link.expires_at).is_(None),
)


class Redirects:
    """Ready-made redirects by key, so many at most, the oldest dropped first."""

    def __init__(self, database: Database, realtime: Realtime, clicks: ClickCounter) -> None:
        """Begin with none; hear of what other workers change."""
        self.database = database
        self.realtime = realtime
        self.clicks = clicks
        self.answers: dict[str, Answer] = {}
        self.changes = 0
        realtime.handlers[TOPIC] = self.drop

    async def get(self, key: str) -> Answer | None:
        """Return the answer for a key, from memory while it is fresh.

        There is none for a link with limits: each click on it is a matter for the database.
        """
        answer = self.answers.get(key)
        if answer and time.monotonic() < answer.stale_at:
            return answer
        return await self.look_up(key)

    async def look_up(self, key: str) -> Answer | None:
        """Ask the database, and keep the answer unless links have been changed meanwhile."""
        changes = self.changes
        async with self.database.reader.connect() as connection:
            link = (await connection.execute(FIND, {"key": key})).first()
        if link is None:
            return None
        stale_at = time.monotonic() + FRESH_SECONDS
        answer = Answer(link.id, redirect_headers(link.url), stale_at)
        if changes == self.changes:
            self.keep(key, answer)
        return answer

    def keep(self, key: str, answer: Answer) -> None:
        """Put an answer in place of the one before, or of the oldest."""
        self.answers.pop(key, None)
        if len(self.answers) >= CAPACITY:
            del self.answers[next(iter(self.answers))]
        self.answers[key] = answer

    async def forget(self, *keys: str) -> None:
        """Have every worker drop the answers of links that have changed, after the commit."""
        await self.realtime.publish(TOPIC, keys)

    def drop(self, keys: Iterable[str]) -> None:
        """Drop answers, and whatever is being read at this moment."""
        self.changes += 1
        for key in keys:
            self.answers.pop(key, None)


class FastRedirects:
    """Answer plain requests for known keys at the door.

    Between this and the caller stand only the request id, the log, the metrics and the security
    headers. A page of another origin is left to the routes, behind the guard that knows origins.
    """

    def __init__(self, app: ASGIApp, endpoint: Callable[..., Any]) -> None:
        """Wrap the app; `endpoint` is the handler whose work this does, as the metrics see it."""
        self.app = app
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect and count when there is an answer, else leave it to the routes."""
        if not asks_for_key(scope):
            await self.app(scope, receive, send)
            return
        redirects: Redirects = scope["app"].state.redirects
        try:
            answer = await redirects.get(fold_key(scope["path"][1:]))
        except DATABASE_AWAY as error:
            await unavailable(error)(scope, receive, send)
            return
        if answer is None:
            await self.app(scope, receive, send)
            return
        redirects.clicks.count(answer.link_id)
        scope["endpoint"] = self.endpoint
        # A list of its own for each answer: middleware on the way out adds to it.
        start = {"type": "http.response.start", "status": 302, "headers": [*answer.headers]}
        await send(start)
        await send({"type": "http.response.body", "body": b""})


def asks_for_key(scope: Scope) -> bool:
    """Tell whether a request is a plain GET of a word that no route begins with."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    word: str = scope["path"][1:]
    return (
        KEY.fullmatch(word) is not None
        and fold_key(word) not in scope["app"].state.site.reserved
        and all(name != b"origin" for name, _ in scope["headers"])
    )
