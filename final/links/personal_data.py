"""What links know of a person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, exists, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.personal_data import PersonalData
from final.core.resources import Resources
from final.links.effects import announce_change
from final.links.models import Link, LinkCheck, UserLink
from final.links.queries import TAGS

# So many links in one statement.
BATCH = 500


COLUMNS: tuple[Any, ...] = (
    col(UserLink.link_id).label("id"),
    col(Link.url),
    col(Link.key),
    col(UserLink.title),
    col(UserLink.description),
    TAGS.label("tags"),
    col(UserLink.is_private),
    col(Link.clicks),
    col(Link.created_at),
    col(Link.expires_at),
    col(Link.max_clicks),
    col(Link.forward_query),
    col(Link.last_checked_at),
    col(Link.last_status),
)


def select_entries(user_id: int) -> Select[Any]:
    """Select the links in somebody's list, with their own words."""
    joined = Select[Any](*COLUMNS).join(Link, col(Link.id) == UserLink.link_id)
    return joined.where(col(UserLink.user_id) == user_id)


async def erase(session: AsyncSession, resources: Resources, user_id: int, _heir: int) -> None:
    """Take everything out of somebody's list; the links that others have stay, without a name."""
    mine = select(UserLink.link_id).where(UserLink.user_id == user_id)
    locked = select(Link.id).where(col(Link.id).in_(mine)).order_by(col(Link.id))
    ids = (await session.exec(locked.with_for_update())).all()
    await session.exec(delete(UserLink).where(col(UserLink.user_id) == user_id))
    for start in range(0, len(ids), BATCH):
        await settle_links(session, resources, ids[start : start + BATCH])


async def settle_links(session: AsyncSession, resources: Resources, ids: Sequence[int]) -> None:
    """Delete the links that nobody has any longer; note of the others whether they are shown."""
    some, of_link = col(Link.id).in_(ids), col(UserLink.link_id) == Link.id
    forsaken = delete(Link).where(some, ~exists().where(of_link)).returning(col(Link.key))
    keys = [row.key for row in await session.exec(forsaken)]
    announce_change(session, resources.pubsub, *keys)
    shown = exists().where(of_link, col(UserLink.is_private).is_(False))
    await session.exec(update(Link).where(some).values(is_public=shown))
    hidden = update(Link).where(some, col(Link.is_public).is_(False))
    await session.exec(hidden.values(is_shared=False))


def select_check(user_id: int) -> Select[Any]:
    """Select the check that somebody has asked for, if it is not done yet."""
    columns: tuple[Any, ...] = (
        col(LinkCheck.user_id).label("id"),
        col(LinkCheck.requested_at),
    )
    return Select[Any](*columns).where(col(LinkCheck.user_id) == user_id)


CHECKS = PersonalData("link_check", select_check)
LINKS = PersonalData("links", select_entries, erase)
