"""Shortening, following and finding links by their keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, false, true, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.database.upsert import insert_unless_taken
from final.links.addresses.site import KEY, Site, casefold_key
from final.links.addresses.urls import url_hash
from final.links.errors import AliasTaken, AlreadySaved, LinkGone, LinkNotFound, NotYourLink
from final.links.models import Link, UserLink, link_text
from final.links.queries import view
from final.links.schemas import LinkSaved, ShortenRequest
from final.links.service import add_link, remove_link
from final.links.shortener.clicks import add_on_day

# Asked for each of thousands of links: built once, because building takes as long as asking.
OWN_FOR_URL = (
    select(UserLink.id)
    .join(Link, col(Link.id) == UserLink.link_id)
    .where(UserLink.user_id == bindparam("user_id"), Link.url_hash == bindparam("digest"))
    .limit(1)
)
SHARED_FOR_URL = (
    select(Link)
    .where(
        Link.url_hash == bindparam("digest"),
        col(Link.alias).is_(None),
        col(Link.expires_at).is_(None),
        col(Link.max_clicks).is_(None),
        col(Link.forward_query) == false(),
        col(Link.is_public) == true(),
    )
    .order_by(col(Link.id))
    .limit(1)
    .with_for_update()  # nobody may give up its last entry before ours is in
)


async def shorten(
    session: AsyncSession,
    site: Site,
    user_id: int,
    data: ShortenRequest,
    page_title: str | None = None,
) -> LinkSaved:
    """Put a short link for a URL into somebody's list.

    Without wishes of one's own it is the link that others show for this URL already.
    """
    site.ensure_not_own_address(data.original_url)
    digest = url_hash(data.original_url)
    if await has_url(session, user_id, digest):
        raise AlreadySaved
    if data.alias:
        link = await take_alias(session, site, user_id, data, data.alias)
    else:
        link = await find_or_add(session, site, user_id, data, digest)
    if page_title and not link.title:
        link.title = page_title
        filled = update(Link).where(col(Link.id) == link.id, col(Link.title).is_(None))
        text = link_text(page_title, link.url)
        await session.exec(filled.values(title=page_title, search_text=text))
    entry = UserLink(
        user_id=user_id,
        link_id=link.id,
        url_hash=digest,
        title=data.title,
        is_private=data.is_private,
    )
    if not await insert_unless_taken(session, entry):
        raise AlreadySaved
    return view(site, link, entry)


async def has_url(session: AsyncSession, user_id: int, digest: str) -> bool:
    """Tell whether somebody has a link for this URL."""
    values = {"user_id": user_id, "digest": digest}
    return (await session.exec(OWN_FOR_URL, params=values)).first() is not None


async def take_alias(
    session: AsyncSession, site: Site, user_id: int, data: ShortenRequest, alias: str
) -> Link:
    """Make a link under an alias; of many who want it at once, the unique key lets one."""
    site.ensure_not_reserved(alias)
    link = await add_link(session, site, data.original_url, alias, **limits(data, user_id))
    if link is None:
        raise AliasTaken
    return link


async def find_or_add(
    session: AsyncSession, site: Site, user_id: int, data: ShortenRequest, digest: str
) -> Link:
    """Return the link that others show for this URL, or a new one: for oneself, or with limits."""
    wishes = data.is_private, data.expires_at, data.max_clicks, data.forward_query
    is_shared = not any(wishes)
    while True:
        found = await find_shared(session, digest) if is_shared else None
        # When somebody else was quicker, nothing is added, and the next round finds theirs.
        link = found or await add_link(
            session, site, data.original_url, is_shared=is_shared, **limits(data, user_id)
        )
        if link is not None:
            return link


async def find_shared(session: AsyncSession, digest: str) -> Link | None:
    """Return the public link of a URL without alias and limits, locked until the commit."""
    return (await session.exec(SHARED_FOR_URL, params={"digest": digest})).first()


def limits(data: ShortenRequest, user_id: int) -> dict[str, Any]:
    """Return what a new link says besides its URL and key."""
    return {
        "expires_at": data.expires_at,
        "max_clicks": data.max_clicks,
        "forward_query": data.forward_query,
        "is_public": not data.is_private,
        "user_id": user_id,
    }


async def find_by_key(session: AsyncSession, key: str) -> Link:
    """Return the link with an alias or short code in any case, or raise `LinkNotFound`."""
    if not KEY.fullmatch(key):
        raise LinkNotFound
    link = (await session.exec(select(Link).where(Link.key == casefold_key(key)))).one_or_none()
    if link is None:
        raise LinkNotFound
    return link


async def find_own_by_key(session: AsyncSession, user_id: int, key: str) -> Link:
    """Return a link of somebody's list by its key, or raise `LinkNotFound`."""
    link = await find_by_key(session, key)
    await ensure_saved(session, user_id, link)
    return link


async def find_visible_by_key(session: AsyncSession, viewer_id: int | None, key: str) -> Link:
    """Return a link that the viewer may know of by its key, or raise `LinkNotFound`."""
    link = await find_by_key(session, key)
    if not link.is_public:
        await ensure_saved(session, viewer_id, link)
    return link


async def ensure_saved(session: AsyncSession, user_id: int | None, link: Link) -> None:
    """Raise `LinkNotFound` unless a link is in somebody's list."""
    query = select(UserLink.id).where(UserLink.user_id == user_id, UserLink.link_id == link.id)
    if (await session.exec(query)).first() is None:
        raise LinkNotFound


def ensure_available(link: Link, now: datetime | None = None) -> None:
    """Raise `LinkGone` when the time or the clicks of a link are used up."""
    expired = link.expires_at is not None and link.expires_at <= (now or utcnow())
    if expired or (link.max_clicks is not None and link.clicks >= link.max_clicks):
        raise LinkGone


async def use_up_click(session: AsyncSession, link: Link) -> None:
    """Count one click on a link that allows only so many, or raise `LinkGone`.

    One UPDATE both checks and counts, so that no two clicks can share the last one.
    """
    clicked = update(Link).where(col(Link.id) == link.id, col(Link.clicks) < col(Link.max_clicks))
    if (await session.exec(clicked.values(clicks=col(Link.clicks) + 1))).rowcount == 0:
        raise LinkGone
    one = {"link": link.id, "on": utcnow().date(), "number": 1}
    await session.exec(add_on_day(session.get_bind().dialect.name), params=one)


async def remove_by_url(session: AsyncSession, user_id: int, url: str) -> list[str]:
    """Take every link for a URL out of somebody's list; return their keys."""
    query = (
        select(Link.id)
        .join(UserLink, col(UserLink.link_id) == Link.id)
        .where(UserLink.user_id == user_id, Link.url_hash == url_hash(url.strip()))
        .order_by(col(Link.id))
    )
    found = (await session.exec(query)).all()
    if not found:
        raise LinkNotFound
    return [await remove_from_list(session, user_id, link_id) for link_id in found]


async def remove_from_list(session: AsyncSession, user_id: int, link_id: int) -> str:
    """Take a link that was just found out of somebody's list, if no twin request has; its key."""
    try:
        return await remove_link(session, user_id, link_id)
    except NotYourLink:
        raise LinkNotFound from None


async def fill_title(
    session: AsyncSession, url: str, title: str, user_id: int | None = None
) -> None:
    """Note a page's title on its links that have none, of all people or of one."""
    query = update(Link).where(col(Link.url_hash) == url_hash(url), col(Link.title).is_(None))
    if user_id is not None:
        own = select(UserLink.link_id).where(UserLink.user_id == user_id)
        query = query.where(col(Link.id).in_(own))
    await session.exec(query.values(title=title, search_text=link_text(title, url)))
