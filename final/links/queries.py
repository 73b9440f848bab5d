"""Reading links as they are shown: columns, not entities, and in one query with their tags."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, true
from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.reading import fetch_rows
from final.core.database.text_search import contains_text
from final.core.fields import MAX_INT
from final.links.addresses.site import Site
from final.links.errors import LinkNotFound
from final.links.models import Link, LinkClicks, UserLink, UserLinkTag
from final.links.schemas import LinkPublic, LinkSaved
from final.links.text_search import LinkMayContain

# A tag is one line, so that a line break can stand between two.
BETWEEN = "\n"
TAGS = (
    select(func.aggregate_strings(col(UserLinkTag.name), BETWEEN))
    .where(col(UserLinkTag.user_link_id) == UserLink.id)
    .correlate(UserLink)
    .scalar_subquery()
    .label("joined_tags")
)
# What everyone sees of a link: its creator's words, while they show it.
PUBLIC: tuple[Any, ...] = (
    col(Link.id),
    func.coalesce(UserLink.title, Link.title, Link.url).label("title"),
    col(Link.url),
    col(UserLink.description),
    col(Link.created_at),
    col(UserLink.user_id),
)
SHOWN_BY_CREATOR = and_(
    col(UserLink.link_id) == Link.id,
    col(UserLink.user_id) == Link.user_id,
    col(UserLink.is_private).is_(False),
)
# What one sees of a link in one's own list.
SAVED: tuple[Any, ...] = (
    col(UserLink.link_id).label("id"),
    col(UserLink.id).label("user_link_id"),
    func.coalesce(UserLink.title, Link.title).label("title"),
    col(UserLink.description),
    col(UserLink.is_private),
    TAGS,
    col(Link.title).label("default_title"),
    col(Link.url),
    col(Link.key),
    col(Link.alias),
    col(Link.short_code),
    col(Link.clicks),
    col(Link.last_checked_at),
    col(Link.last_status),
    col(Link.created_at),
    col(Link.user_id),
)
SEARCHED = [col(Link.search_text), col(UserLink.search_text).label("words")]
# The entry of a link in somebody's list. It is asked for link by link: joined, PostgreSQL would
# begin with the whole list as long as it knows nothing of a table that has just been filled.
ENTRY_ID = (
    select(UserLink.id)
    .where(UserLink.link_id == Link.id, UserLink.user_id == bindparam("user_id"))
    .correlate(Link)
    .scalar_subquery()
)
SAVED_URLS = select(Link.url_hash).where(
    col(Link.url_hash).in_(bindparam("url_hashes", expanding=True)),
    bindparam("until") >= ENTRY_ID,
)
# The page is there, but not for programs.
ALIVE = (401, 403, 405, 429)


def view(site: Site, link: Link, entry: UserLink, tags: list[str] | None = None) -> LinkSaved:
    """Show a link as the owner of the list entry sees it."""
    return LinkSaved(
        user_link_id=entry.id,
        id=link.id,
        short_code=link.short_code,
        alias=link.alias,
        short_url=site.short_url(link.alias or link.key),
        original_url=link.url,
        url=link.url,
        title=entry.title or link.title,
        default_title=link.title,
        description=entry.description,
        tags=tags or [],
        clicks=link.clicks,
        last_checked_at=link.last_checked_at,
        last_status=link.last_status,
        is_private=entry.is_private,
        created_at=link.created_at,
        user_id=link.user_id,
    )


def view_saved(site: Site, row: Any, pending_clicks: int = 0) -> LinkSaved:
    """Show a row of `select_saved`, with the clicks that are not stored yet."""
    values = dict(row._mapping, clicks=row.clicks + pending_clicks)
    short_url = site.short_url(row.alias or row.key)
    tags = sorted(row.joined_tags.split(BETWEEN)) if row.joined_tags else []
    return LinkSaved(**values, original_url=row.url, short_url=short_url, tags=tags)


@lru_cache
def select_public(
    search: str | None = None, tag: str | None = None, *, is_common: bool = False
) -> Select[Any]:
    """Select the links that anybody shows, with their creators' words, the oldest first."""
    query = (
        Select[Any](*PUBLIC)
        .outerjoin(UserLink, SHOWN_BY_CREATOR)
        .where(col(Link.is_public) == true())
        .order_by(col(Link.id))
    )
    return apply_filters(query, col(Link.id), search, tag, is_common)


@lru_cache
def select_saved(
    user_id: int,
    search: str | None = None,
    tag: str | None = None,
    broken: bool | None = None,
    *,
    is_common: bool = False,
) -> Select[Any]:
    """Select the links in somebody's list, the oldest first.

    Each entry has its link. The join is an outer one so that counting can do without.
    """
    query = (
        Select[Any](*SAVED)
        .select_from(UserLink)
        .outerjoin(Link, col(Link.id) == UserLink.link_id)
        .where(col(UserLink.user_id) == user_id)
        .order_by(col(UserLink.link_id))
    )
    if broken is not None:
        query = query.where(is_broken() if broken else ~is_broken())
    return apply_filters(query, col(UserLink.link_id), search, tag, is_common)


def apply_filters(
    query: Select[Any], link_id: Any, search: str | None, tag: str | None, is_common: bool
) -> Select[Any]:
    """Keep what has a text in title, description or address, and what has a tag."""
    if search:
        may_contain = None if is_common else LinkMayContain
        query = query.where(*contains_text(may_contain, link_id, SEARCHED, search))
    return query.where(*bears(link_id, tag)) if tag else query


def bears(link_id: Any, tag: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions that an entry has a tag: they say it twice, to be found quickly."""
    named = func.lower(col(UserLinkTag.name)) == func.lower(tag)
    tagged = exists().where(col(UserLinkTag.user_link_id) == UserLink.id, named)
    bearing = select(col(UserLink.link_id)).join(UserLinkTag).where(named)
    return tagged, link_id.in_(bearing)  # found by the latter, and few


async def find_saved(session: AsyncSession, user_id: int, link_id: int) -> Any:
    """Return the row of a link in somebody's list, or raise `LinkNotFound`."""
    query: Any = select_saved(user_id).where(col(UserLink.link_id) == link_id)
    rows = await fetch_rows(session, query)
    if not rows:
        raise LinkNotFound
    return rows[0]


async def find_saved_urls(
    session: AsyncSession, user_id: int, url_hashes: list[str], until: int = MAX_INT
) -> set[str]:
    """Return for which of these URLs somebody has a link, by entries up to a number."""
    values = {"user_id": user_id, "url_hashes": url_hashes, "until": until}
    return set((await session.exec(SAVED_URLS, params=values)).all())


async def find_public(session: AsyncSession, link_id: int) -> LinkPublic:
    """Return a link as everyone sees it, or raise `LinkNotFound`."""
    query: Any = select_public().where(col(Link.id) == link_id)
    rows = await fetch_rows(session, query)
    if not rows:
        raise LinkNotFound
    return LinkPublic.model_validate(rows[0])


async def find_title(session: AsyncSession, link: Link, viewer_id: int | None) -> str:
    """Return what a link is called: by its creator for everyone, by its owner where it is private.

    The link is one that the viewer may know of.
    """
    if link.is_public:
        return (await find_public(session, link.id)).title
    query = select(col(UserLink.title)).where(
        col(UserLink.link_id) == link.id, col(UserLink.user_id) == viewer_id
    )
    return await session.scalar(query) or link.title or link.url


async def find_locked(session: AsyncSession, link_id: int) -> Link | None:
    """Return a link, which stays as it is until the commit, if there is one."""
    query = select(Link).where(Link.id == link_id).with_for_update()
    return (await session.exec(query)).one_or_none()


async def find_entry(session: AsyncSession, user_id: int, link_id: int) -> UserLink | None:
    """Return the entry of a link in somebody's list, if it is there."""
    query = select(UserLink).where(UserLink.link_id == link_id, UserLink.user_id == user_id)
    return (await session.exec(query)).one_or_none()


async def count_holders(session: AsyncSession, link_id: int, at_most: int) -> int:
    """Return in how many lists a link is; they are counted up to a number."""
    some = select(UserLink.id).where(UserLink.link_id == link_id).limit(at_most)
    return len((await session.exec(some)).all())


async def is_key_taken(session: AsyncSession, link: Link) -> bool:
    """Tell whether another link has the key of this one."""
    taken = select(Link.id).where(Link.key == link.key, Link.id != link.id)
    return (await session.exec(taken)).first() is not None


async def read_visibility(session: AsyncSession, link: Link) -> Any:
    """Tell whether anybody shows a link, whether its creator does, and whether others have it."""
    of_link, shown = col(UserLink.link_id) == link.id, col(UserLink.is_private).is_(False)
    by_creator = col(UserLink.user_id) == link.user_id
    conditions = ([of_link, shown], [of_link, shown, by_creator], [of_link, ~by_creator])
    query: Any = select(*(exists().where(*condition) for condition in conditions))
    return (await session.exec(query)).one()


async def count_days(session: AsyncSession, link_id: int) -> list[LinkClicks]:
    """List the days on which a link was followed."""
    query = select(LinkClicks).where(LinkClicks.link_id == link_id).order_by(col(LinkClicks.day))
    return list((await session.exec(query)).all())


def is_broken() -> ColumnElement[bool]:
    """Return the condition that a link led nowhere when it was last checked."""
    status = col(Link.last_status)
    failed = or_(status.is_(None), and_(status >= 400, status.not_in(ALIVE)))
    return and_(col(Link.last_checked_at).is_not(None), failed)
