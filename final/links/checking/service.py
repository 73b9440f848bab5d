"""Which links are to be checked, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import Database, utcnow
from final.core.database.upsert import insert_into
from final.links.models import Link, LinkCheck, UserLink

# So many links of so many lists at a time: nobody waits for the end of somebody's long one.
BATCH, LISTS = 20, 20
# A link is checked once an hour at most, however many people have it.
FRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Target:
    """A link to check."""

    id: int
    url: str


async def request_check(session: AsyncSession, user_id: int) -> None:
    """Note that a list is to be checked."""
    dialect, now = session.get_bind().dialect.name, utcnow()
    request = insert_into(dialect, LinkCheck).values(user_id=user_id, requested_at=now)
    again = {"requested_at": now}
    await session.exec(request.on_conflict_do_update(index_elements=["user_id"], set_=again))


async def read_waiting(database: Database) -> Sequence[LinkCheck]:
    """Return the lists that have waited longest."""
    query = select(LinkCheck).order_by(col(LinkCheck.requested_at), col(LinkCheck.user_id))
    async with database.session() as session:
        return (await session.exec(query.limit(LISTS))).all()


async def finish(database: Database, done: LinkCheck) -> None:
    """Forget a list that is checked, unless it has been asked for again meanwhile."""
    same = delete(LinkCheck).where(
        col(LinkCheck.user_id) == done.user_id, col(LinkCheck.requested_at) == done.requested_at
    )
    async with database.transaction() as session:
        await session.exec(same)


async def read_targets(database: Database, user_id: int, after: int) -> Sequence[Target]:
    """Return the next links of a list that were not checked lately."""
    never, past = col(Link.last_checked_at).is_(None), col(Link.last_checked_at) < utcnow() - FRESH
    query = (
        select(Link.id, Link.url)
        .join(UserLink, col(UserLink.link_id) == Link.id)
        .where(UserLink.user_id == user_id, Link.id > after, or_(never, past))
        .order_by(col(Link.id))
        .limit(BATCH)
    )
    async with database.session() as session:
        return [Target(*row) for row in await session.exec(query)]


async def note_statuses(database: Database, statuses: Mapping[int, int | None]) -> None:
    """Note what became of some links."""
    now = utcnow()
    async with database.transaction() as session:
        for link_id, status in sorted(statuses.items()):
            checked = update(Link).where(col(Link.id) == link_id)
            await session.exec(checked.values(last_checked_at=now, last_status=status))
