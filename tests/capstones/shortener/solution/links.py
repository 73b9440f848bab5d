"""The routes of short links. The last one takes any word: it comes after all others."""

from io import BytesIO
from typing import Any

import httpx
import qrcode
from bs4 import BeautifulSoup
from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from pydantic import HttpUrl
from sqlalchemy.orm import selectinload
from sqlmodel import col, or_, select, update

from . import service
from .database import SessionDep
from .models import Link, UserLink
from .schemas import LinkRequest, LinkResponse, SavedLink
from .security import CurrentUser

router = APIRouter(tags=["links"])
key_router = APIRouter(tags=["links"])
WITH_LINK = selectinload(UserLink.link)  # type: ignore[arg-type]  # SQLModel types it as a Link


@router.post("/shorten/", status_code=201)
async def shorten(data: LinkRequest, user: CurrentUser, session: SessionDep) -> LinkResponse:
    """Make a short link."""
    assert user.id is not None
    return service.describe(await service.shorten(session, user.id, data))


@router.get("/links")
async def list_links(user: CurrentUser, session: SessionDep) -> list[SavedLink]:
    """List one's own links."""
    query = select(UserLink).where(UserLink.user_id == user.id).order_by(col(UserLink.id))
    entries = await session.exec(query.options(WITH_LINK))
    return [service.describe_saved(entry) for entry in entries]


async def remove(session: SessionDep, user: CurrentUser, condition: Any) -> str:
    """Take the links that meet a condition out of somebody's list."""
    query = select(UserLink).join(Link).where(UserLink.user_id == user.id, condition)
    entries = (await session.exec(query)).all()
    if not entries:
        raise HTTPException(404, "You have no such link")
    for entry in entries:
        await session.delete(entry)
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
    image, file = qrcode.make(service.short_url(await service.find_link(session, key))), BytesIO()
    image.save(file, "PNG")
    return Response(file.getvalue(), media_type="image/png")


@key_router.get("/{key}", status_code=302)
async def follow_link(key: str, session: SessionDep) -> RedirectResponse:
    """Redirect to the original URL, and count the click."""
    link = await service.find_link(session, key)
    await session.exec(update(Link).where(col(Link.id) == link.id).values(clicks=Link.clicks + 1))
    await session.commit()
    return RedirectResponse(link.original_url, 302)
