"""Shortening, following and giving up links."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.database.upsert import Row, insert_unless_taken
from final.links.addresses.site import Site
from final.links.addresses.urls import url_hash
from final.links.errors import AliasTaken, AlreadySaved, LinkGone, LinkNotFound, NotYourLink
from final.links.models import Link, UserLink, link_text
from final.links.queries import view
from final.links.schemas import LinkSaved, ShortenRequest
from final.links.service import describe_link, remove_link
from final.links.shortener.clicks import ClickCounter, add_on_day
from final.links.shortener.queries import find_own_ids, find_shared, has_url

# What a link of one's own may have, besides an alias, that one for everybody has not.
LIMITS = ("expires_at", "max_clicks", "forward_query")


async def shorten(
    session: AsyncSession,
    site: Site,
    user_id: int,
    data: ShortenRequest,
    page_title: str | None = None,
) -> LinkSaved:
    """Put a short link for a URL into somebody's list: a new one, or the one that others show."""
    ensure_allowed(site, data)
    if await has_url(session, user_id, data.original_url.hash):
        raise AlreadySaved
    link = await share_or_add(session, site, user_id, data)
    if page_title and not link.title:
        await store_title(session, link, page_title)
    entry = UserLink(**describe_entry(user_id, link.id, data))
    if not await insert_unless_taken(session, entry):
        raise AlreadySaved
    return view(site, link, entry)


def ensure_allowed(site: Site, data: ShortenRequest) -> None:
    """Refuse what no database is needed for: a URL that leads back here, a route as an alias."""
    site.ensure_not_own_address(data.original_url)
    if data.alias:
        site.ensure_not_reserved(data.alias)


async def share_or_add(
    session: AsyncSession, site: Site, user_id: int, data: ShortenRequest
) -> Link:
    """Return the link that others show for this URL, or a new one; unique keys let one be first."""
    while True:
        link = Link(**describe_wish(site, user_id, data))
        if link.is_shared and (shared := await find_shared(session, link.url_hash)):
            return shared
        if await insert_unless_taken(session, link):
            return link
        if link.alias:
            raise AliasTaken
        # Somebody else was quicker: the next round finds theirs.


def describe_wish(site: Site, user_id: int, data: ShortenRequest) -> Row:
    """Describe the link that a request asks for; without wishes it is to be everybody's."""
    limits = {name: getattr(data, name) for name in LIMITS}
    return describe_link(
        site,
        data.original_url,
        data.alias,
        user_id=user_id,
        is_public=not data.is_private,
        is_shared=not (data.alias or data.is_private or any(limits.values())),
        **limits,
    )


def describe_entry(user_id: int, link_id: int, data: ShortenRequest) -> Row:
    """Describe the entry of a link in somebody's list, with their own words for it."""
    return {
        "user_id": user_id,
        "link_id": link_id,
        "url_hash": data.original_url.hash,
        "title": data.title,
        "is_private": data.is_private,
    }


async def store_title(session: AsyncSession, link: Link, title: str) -> None:
    """Give a link the title of its page, unless another request has."""
    link.title = title
    filled = update(Link).where(col(Link.id) == link.id, col(Link.title).is_(None))
    await session.exec(filled.values(title=title, search_text=link_text(title, link.url)))


def ensure_available(link: Link, now: datetime | None = None) -> None:
    """Raise `LinkGone` when the time or the clicks of a link are used up."""
    expired = link.expires_at is not None and link.expires_at <= (now or utcnow())
    if expired or (link.max_clicks is not None and link.clicks >= link.max_clicks):
        raise LinkGone


async def count_click(session: AsyncSession, clicks: ClickCounter, link: Link) -> None:
    """Count one click: written within a second, or at once where the link allows only so many."""
    if link.max_clicks is None:
        clicks.count(link.id)
    else:
        await use_up_click(session, link)


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
    found = await find_own_ids(session, user_id, url_hash(url.strip()))
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
