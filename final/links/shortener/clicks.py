"""The write-behind counter of clicks: in memory at once, in the database about once a second.

A write and a commit for every click would cost nine tenths of the redirects. What is lost when
the process is killed outright are the clicks of the last second; a clean stop loses none. Any
number of workers may count, because each only ever adds.

Reading never writes: whoever shows a number adds what is pending here to what is stored. The clicks
of other workers, and those being written at that moment, are missing for a second at most.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

from prometheus_client import Gauge
from sqlalchemy import BigInteger, Date, bindparam, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.background import alongside
from final.core.database.engine import Database, utcnow
from final.core.database.upsert import insert_into
from final.core.observability.logs import get_logger
from final.links.models import Link, LinkClicks

logger = get_logger(__name__)

FLUSH_SECONDS = 1.0
PENDING = Gauge(
    "linkhub_clicks_pending", "Clicks that are not stored yet.", multiprocess_mode="livesum"
)

Counters: TypeAlias = defaultdict[date, Counter[int]]

THIS_LINK = col(Link.id) == bindparam("link")
CLICKS = bindparam("number", type_=BigInteger)
ADD = update(Link).where(THIS_LINK).values(clicks=col(Link.clicks) + CLICKS)


@cache
def add_on_day(dialect: str) -> Any:
    """Return the statement that adds a `number` `on` a day to a `link`, if it is still there.

    Built once, because building takes longer than running.
    """
    row = select(col(Link.id), bindparam("on", type_=Date), CLICKS).where(THIS_LINK)
    insert = insert_into(dialect, LinkClicks).from_select(["link_id", "day", "clicks"], row)
    return insert.on_conflict_do_update(
        index_elements=["link_id", "day"],
        set_={"clicks": LinkClicks.clicks + insert.excluded.clicks},
    )


class ClickCounter:
    """The clicks that are not in the database yet."""

    def __init__(self, database: Database, enabled: bool = True) -> None:
        """Begin with nothing; while nothing may be written, nothing is counted."""
        self.database = database
        self.enabled = enabled
        self.pending = new_counters()
        self.lock = asyncio.Lock()

    def count(self, link_id: int) -> None:
        """Count one click."""
        if self.enabled:
            self.pending[utcnow().date()][link_id] += 1

    def pending_of(self, link_id: int) -> int:
        """Return how many clicks on a link are not stored yet."""
        return sum(counts[link_id] for counts in self.pending.values())

    async def flush(self) -> None:
        """Write what is pending; when that fails, it stays pending.

        Whoever waits for it may be cancelled, the writing is not: cut off while it commits, it
        would be taken for a failure, and the same clicks would be written twice.
        """
        if self.pending or self.lock.locked():
            await asyncio.shield(self._write())

    async def _write(self) -> None:
        async with self.lock:
            if not self.pending:  # written by the one before
                return
            taken, self.pending = self.pending, new_counters()
            try:
                async with self.database.transaction() as session:
                    await add_clicks(session, taken)
            except Exception:
                for day, counts in taken.items():
                    self.pending[day].update(counts)
                raise

    async def flush_forever(self) -> None:
        """Flush once a second; a database that is away is tried again a second later."""
        while True:
            PENDING.set(sum(counts.total() for counts in self.pending.values()))
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except Exception as error:
                links = sum(map(len, self.pending.values()))
                logger.error("clicks not written yet", error=str(error), links=links)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Flush in the background, and a last time at the end."""
        try:
            async with alongside(self.flush_forever()):
                yield
        finally:
            await self.flush()


def new_counters() -> Counters:
    """Return counters of clicks by link, one for each day, without any."""
    return defaultdict(Counter)


def rows_of(clicks: Counters) -> Iterator[dict[str, Any]]:
    """Yield a row for each link and day."""
    for day, counts in clicks.items():
        for link_id, number in counts.items():
            yield {"link": link_id, "on": day, "number": number}


async def add_clicks(session: AsyncSession, clicks: Counters) -> None:
    """Add clicks to their links and days; links that are gone by now are passed over.

    The links come in order, and their days only when they are locked, so that two workers cannot
    wait for each other.
    """
    rows = sorted(rows_of(clicks), key=itemgetter("link", "on"))
    connection = await session.connection()
    await connection.execute(ADD, rows)
    await connection.execute(add_on_day(connection.dialect.name), rows)
