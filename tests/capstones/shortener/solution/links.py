"""The routes of short links. The last one takes any word: it comes after all others."""

import secrets
from io import BytesIO
from typing import Any

import httpx
import qrcode
from bs4 import BeautifulSoup
from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from pydantic import HttpUrl
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, or_, select, update

from .auth import CurrentUser
from .database import SessionDep
from .models import Link, LinkCreate, LinkPublic, SavedLink, UserLink

router = APIRouter(tags=["links"])
# The first words of the app's own paths: a short link of that name would lead nowhere.
RESERVED = {"auth", "by_key", "by_url", "docs", "link", "links", "redoc", "shorten"}


async def find_link(session: SessionDep, key: str) -> Link:
    """Find the link with an alias or a short code."""
    query = select(Link).where(or_(Link.alias == key, Link.short_code == key))
    if not (link := (await session.exec(query)).first()):
        raise HTTPException(404, "No link has this key")
    return link


async def find_or_make_link(data: LinkCreate, user: CurrentUser, session: SessionDep) -> Link:
    """Return the link that others have for a URL, or a new one for an alias or a code."""
    url = str(data.original_url)
    if data.alias and data.alias.lower() in RESERVED:
        raise HTTPException(422, "This word has a meaning of its own")
    if data.alias:
        return Link(alias=data.alias, original_url=url, user_id=user.id)
    query = select(Link).where(Link.original_url == url, col(Link.short_code).is_not(None))
    link = (await session.exec(query)).first()
    return link or Link(short_code=secrets.token_hex(4), original_url=url, user_id=user.id)


@router.post("/shorten/", status_code=201, response_model=LinkPublic)
async def shorten(data: LinkCreate, user: CurrentUser, session: SessionDep) -> Link:
    """Make a short link, on one's own list."""
    own = select(UserLink).join(Link).where(UserLink.user_id == user.id)
    if (await session.exec(own.where(Link.original_url == str(data.original_url)))).first():
        raise HTTPException(409, "You already have a link for this URL.")
    link = await find_or_make_link(data, user, session)
    session.add(link)
    try:
        await session.flush()
        session.add(UserLink(user_id=user.id, link_id=link.id, title=data.title))
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "This alias is taken.") from None
    return link


def show(entry: UserLink, link: Link) -> SavedLink:
    """Show a link as its keeper sees it."""
    mine = {"user_link_id": entry.id, "title": entry.title or link.title, "tags": entry.tags}
    more = {"default_title": link.title, "short_url": link.short_url}
    return SavedLink(**link.model_dump() | mine | more)


@router.get("/links")
async def list_links(user: CurrentUser, session: SessionDep) -> list[SavedLink]:
    """List one's own links."""
    query = select(UserLink, Link).join(Link).where(UserLink.user_id == user.id)
    return [show(*pair) for pair in await session.exec(query.order_by(col(UserLink.id)))]


async def remove(session: SessionDep, user: CurrentUser, condition: Any) -> str:
    """Take the links that meet a condition out of somebody's list."""
    meant = col(UserLink.link_id).in_(select(Link.id).where(condition))
    query = delete(UserLink).where(col(UserLink.user_id) == user.id, meant)
    if not (await session.exec(query)).rowcount:
        raise HTTPException(404, "You have no such link")
    await session.commit()
    return "Link deleted"


@router.delete("/by_url/")
async def delete_by_url(url: str, user: CurrentUser, session: SessionDep) -> str:
    """Take a link out of one's list, by its URL."""
    return await remove(session, user, Link.original_url == url)


@router.delete("/by_key/")
async def delete_by_key(key: str, user: CurrentUser, session: SessionDep) -> str:
    """Take a link out of one's list, by its alias or short code."""
    return await remove(session, user, or_(Link.alias == key, Link.short_code == key))


@router.get("/link/title/", response_class=PlainTextResponse)
async def read_title(url: HttpUrl, user: CurrentUser, session: SessionDep) -> str:
    """Fetch the title of a page; links to it take it as their default title."""
    try:
        async with httpx.AsyncClient(follow_redirects=True, timeout=5) as client:
            page = (await client.get(str(url))).raise_for_status()
    except httpx.HTTPError:
        return "Failed to Fetch Title"
    tag = BeautifulSoup(page.text, "lxml").title
    title = " ".join(tag.get_text().split()) if tag else ""
    if not title:
        return "No Title"
    await session.exec(update(Link).where(col(Link.original_url) == str(url)).values(title=title))
    await session.commit()
    return title


@router.get("/links/qrcode/", response_class=Response)
async def draw_qr_code(key: str, user: CurrentUser, session: SessionDep) -> Response:
    """Draw a QR code of a short address."""
    link, file = await find_link(session, key), BytesIO()
    qrcode.make(link.short_url).save(file, "PNG")
    return Response(file.getvalue(), media_type="image/png")


@router.get("/{key}", status_code=302)
async def follow_link(key: str, session: SessionDep) -> RedirectResponse:
    """Redirect to the original URL, and count the click."""
    link = await find_link(session, key)
    await session.exec(update(Link).where(col(Link.id) == link.id).values(clicks=Link.clicks + 1))
    await session.commit()
    return RedirectResponse(link.original_url, 302)
