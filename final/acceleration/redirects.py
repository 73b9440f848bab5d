"""The short-circuit of short links: one query, or none for two seconds after.

A worker that changes or deletes a link forgets its answer at once, and with Redis so do the others;
without, they may go on redirecting for those two seconds. While the database is away, redirects
that were seen before go on; their clicks are stored when it is back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cachetools import LRUCache, TTLCache
from sqlalchemy import Row, bindparam, false, select
from sqlalchemy.util import greenlet_spawn
from sqlmodel import col
from starlette.types import ASGIApp, Scope

from final.acceleration.short_circuit import VARY, Answer, ShortCircuit
from final.core.database.engine import Database
from final.core.database.reading import reader_of
from final.core.http.error_handlers import DATABASE_AWAY, unavailable
from final.core.shared.pubsub import PubSub
from final.links.addresses.site import KEY, casefold_key
from final.links.effects import CHANGED_LINKS
from final.links.models import Link
from final.links.resources import LinkResources
from final.links.shortener.follow import redirect_headers

FRESH_SECONDS = 2.0
CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a key leads, ready to be sent."""

    link_id: int
    answer: Answer


FIND = select(col(Link.id), col(Link.url)).where(
    col(Link.key) == bindparam("key"),
    col(Link.max_clicks).is_(None),
    col(Link.expires_at).is_(None),
    col(Link.forward_query) == false(),
)


class Redirects:
    """Ready-made redirects by key, so many at most, the oldest dropped first."""

    def __init__(self, database: Database, pubsub: PubSub) -> None:
        """Begin with none; hear of what is changed, here and by other workers."""
        self.reader = reader_of(database.engine.sync_engine)
        self.fresh: TTLCache[str, Redirect] = TTLCache(CAPACITY, FRESH_SECONDS)
        # What to send while the database is away: it was right when it was last looked at.
        self.stale: LRUCache[str, Redirect] = LRUCache(CAPACITY)
        self.changes = 0
        pubsub.handlers[CHANGED_LINKS] = self.drop

    async def get(self, key: str) -> Redirect | None:
        """Return where a key leads, from memory while it is fresh.

        There is none for a link with limits: each click on it is a matter for the database.
        """
        try:
            return self.fresh[key]  # its own `get` looks twice, each time at the clock
        except KeyError:
            return await self.look_up(key)

    async def look_up(self, key: str) -> Redirect | None:
        """Ask the database, and keep what it says unless links have been changed meanwhile."""
        changes = self.changes
        link = await greenlet_spawn(self.find_row, key)
        if link is None:
            return None
        redirect = Redirect(link.id, Answer(302, [*redirect_headers(link.url), VARY]))
        if changes == self.changes:
            self.fresh[key] = self.stale[key] = redirect
        return redirect

    def find_row(self, key: str) -> Row[int, str] | None:
        """Ask without a session, at half the price."""
        with self.reader.connect() as connection:
            return connection.execute(FIND, {"key": key}).first()

    def drop(self, keys: Iterable[str]) -> None:
        """Drop redirects, and whatever is being read at this moment."""
        self.changes += 1
        for key in keys:
            self.fresh.pop(key, None)
            self.stale.pop(key, None)


class RedirectShortCircuit(ShortCircuit):
    """`GET /{key}` for links without limits."""

    async def find(self, scope: Scope) -> ASGIApp | None:
        """Count the click and return the redirect, if the path is a key that leads somewhere."""
        word: str = scope["path"][1:]
        state = scope["app"].state
        links: LinkResources = state.links
        key = casefold_key(word)
        if not KEY.fullmatch(word) or key in links.site.reserved:
            return None
        redirects: Redirects = state.redirects
        try:
            redirect = await redirects.get(key)
        except DATABASE_AWAY as error:
            redirect = redirects.stale.get(key)
            if redirect is None:
                return unavailable(error)
        if redirect is None:
            return None
        links.clicks.count(redirect.link_id)
        return redirect.answer
