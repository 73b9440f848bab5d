"""The short-circuit of short links: one query, or none for two seconds after.

`tests/benchmarks/redirect.py` measures what that is worth. A worker that changes or deletes a
link forgets its answer at once, and with Redis so do the others; without, they may go on
redirecting for those two seconds.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlmodel import col
from starlette.types import ASGIApp, Receive, Scope, Send

from final.core.database.engine import Database
from final.core.http.error_handlers import DATABASE_AWAY, unavailable
from final.core.http.short_circuit import VARY, ShortCircuit
from final.core.shared.pubsub import PubSub
from final.links.models import Link
from final.links.shortener.clicks import ClickCounter
from final.links.site import KEY, casefold_key

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, with a list of headers of its own: middleware on the way out adds to it."""
        start = {"type": "http.response.start", "status": 302, "headers": [*self.headers]}
        await send(start)
        await send({"type": "http.response.body", "body": b""})


FIND = select(col(Link.id), col(Link.url)).where(
    col(Link.key) == bindparam("key"),
    col(Link.max_clicks).is_(None),
    col(Link.expires_at).is_(None),
)


class Redirects:
    """Ready-made redirects by key, so many at most, the oldest dropped first."""

    def __init__(self, database: Database, pubsub: PubSub, clicks: ClickCounter) -> None:
        """Begin with none; hear of what other workers change."""
        self.database = database
        self.pubsub = pubsub
        self.clicks = clicks
        self.answers: OrderedDict[str, Answer] = OrderedDict()
        self.changes = 0
        pubsub.handlers[TOPIC] = self.drop

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
        link = await self.database.find_row(FIND, key=key)
        if link is None:
            return None
        stale_at = time.monotonic() + FRESH_SECONDS
        answer = Answer(link.id, [*redirect_headers(link.url), VARY], stale_at)
        if changes == self.changes:
            self.keep(key, answer)
        return answer

    def keep(self, key: str, answer: Answer) -> None:
        """Put an answer in place of the one before, or of the oldest."""
        self.answers.pop(key, None)
        if len(self.answers) >= CAPACITY:
            self.answers.popitem(last=False)
        self.answers[key] = answer

    async def forget(self, *keys: str) -> None:
        """Have every worker drop the answers of links that have changed, after the commit."""
        await self.pubsub.publish(TOPIC, keys)

    def drop(self, keys: Iterable[str]) -> None:
        """Drop answers, and whatever is being read at this moment."""
        self.changes += 1
        for key in keys:
            self.answers.pop(key, None)


class RedirectShortCircuit(ShortCircuit):
    """`GET /{key}` for links without limits."""

    async def find(self, scope: Scope) -> ASGIApp | None:
        """Count the click and return the redirect, if the path is a key that leads somewhere."""
        word: str = scope["path"][1:]
        state = scope["app"].state
        if not KEY.fullmatch(word) or casefold_key(word) in state.site.reserved:
            return None
        redirects: Redirects = state.redirects
        try:
            answer = await redirects.get(casefold_key(word))
        except DATABASE_AWAY as error:
            return unavailable(error)
        if answer is not None:
            redirects.clicks.count(answer.link_id)
        return answer
