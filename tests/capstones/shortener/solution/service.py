"""The rules of short links; they know nothing of HTTP but the status of a refusal."""

import os
import secrets
import string

from fastapi import HTTPException
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .models import Link, UserLink
from .schemas import LinkRequest, LinkResponse, SavedLink

BASE_URL = os.getenv("BASE_URL", "http://localhost:8000").rstrip("/")
LETTERS = string.ascii_letters + string.digits


def short_url(link: Link) -> str:
    """Return the short address of a link."""
    return f"{BASE_URL}/{link.alias or link.short_code}"


def describe(link: Link) -> LinkResponse:
    """Show a link with its short address."""
    return LinkResponse(**link.model_dump(), short_url=short_url(link))


def describe_saved(entry: UserLink) -> SavedLink:
    """Show a link as its keeper sees it."""
    link = entry.link
    mine = {"user_link_id": entry.id, "title": entry.title or link.title, "tags": entry.tags}
    more = {"default_title": link.title, "short_url": short_url(link)}
    return SavedLink(**link.model_dump() | mine | more)


async def find_link(session: AsyncSession, key: str) -> Link:
    """Find the link with an alias or a short code."""
    query = select(Link).where(or_(Link.alias == key, Link.short_code == key))
    link = (await session.exec(query)).first()
    if link is None:
        raise HTTPException(404, "No link has this key")
    return link


async def has_url(session: AsyncSession, user_id: int, url: str) -> bool:
    """Tell whether somebody has a link for a URL."""
    query = select(UserLink.id).join(Link)
    query = query.where(UserLink.user_id == user_id, Link.original_url == url)
    return (await session.exec(query)).first() is not None


async def make_link(session: AsyncSession, user_id: int, data: LinkRequest, url: str) -> Link:
    """Return the link that others have for a URL, or a new one for an alias or a code."""
    if data.alias is None:
        query = select(Link).where(Link.original_url == url, col(Link.short_code).is_not(None))
        if link := (await session.exec(query)).first():
            return link
    code = None if data.alias else "".join(secrets.choice(LETTERS) for _ in range(7))
    return Link(alias=data.alias, short_code=code, original_url=url, user_id=user_id)


async def shorten(session: AsyncSession, user_id: int, data: LinkRequest) -> Link:
    """Put a short link for a URL on somebody's list."""
    url = str(data.original_url)
    if await has_url(session, user_id, url):
        raise HTTPException(409, "You already have a link for this URL.")
    link = await make_link(session, user_id, data, url)
    session.add(link)
    try:
        await session.flush()
        session.add(UserLink(user_id=user_id, link=link, title=data.title))
        await session.commit()
    except IntegrityError:
        await session.rollback()
        raise HTTPException(409, "This alias is taken.") from None
    return link
