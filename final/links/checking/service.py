"""Which links are to be checked, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, update
from sqlmodel import col, select

from final.core.database.engine import Database, utcnow
from final.links.models import Link, UserLink

BATCH = 50
# A link is checked once an hour at most, however many people have it.
FRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Target:
    """A link to check."""

    id: int
    url: str


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
