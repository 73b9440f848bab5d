"""Bringing bookmarks in: every one gets a result, and a bad one stops nobody."""

from typing import Any

from pydantic import ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.errors import AppError
from final.links.bookmark_files.netscape import Bookmark
from final.links.errors import AlreadySaved
from final.links.models import Link, UserLink
from final.links.queries import select_saved, view_saved
from final.links.schemas import ImportResult, LinkCreate, LinkSaved, LinkUpdate
from final.links.service import save_link
from final.links.site import Site
from final.links.urls import url_hash

# After so many a transaction ends, so that other writers get their turn.
COMMIT_EVERY = 50


async def import_bookmarks(
    session: AsyncSession, site: Site, user_id: int, bookmarks: list[Bookmark]
) -> list[ImportResult]:
    """Save bookmarks as links of one's own; a URL that was in the list before is an error."""
    query = select(Link.url_hash).join(UserLink, col(UserLink.link_id) == Link.id)
    known = set((await session.exec(query.where(UserLink.user_id == user_id))).all())
    results = []
    for index, bookmark in enumerate(bookmarks, 1):
        results.append(await import_bookmark(session, site, user_id, bookmark, index, known))
        if index % COMMIT_EVERY == 0:
            await session.commit()
    return results


async def import_bookmark(
    session: AsyncSession,
    site: Site,
    user_id: int,
    bookmark: Bookmark,
    index: int,
    known: set[str],
) -> ImportResult:
    """Save one bookmark, or say why not."""
    try:
        if url_hash(bookmark.url) in known:
            raise AlreadySaved
        data = LinkCreate(title=bookmark.title, url=bookmark.url, description=bookmark.description)
        tags = LinkUpdate(tags=bookmark.tags).tags
        created_at = min(bookmark.created_at or utcnow(), utcnow())
        link = await save_link(session, site, user_id, data, tags, created_at=created_at)
    except ValidationError as error:
        return ImportResult(index=index, status="error", code=422, detail=explain(error))
    except AppError as error:
        return ImportResult(index=index, status="error", code=error.status, detail=error.message)
    return ImportResult(index=index, status="ok", id=link.id, url=link.url)


def explain(error: ValidationError) -> str:
    """Say in one line which fields are wrong and why, without repeating them."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    facts = ((".".join(map(str, item["loc"])) or "data", item["msg"]) for item in problems)
    return "; ".join(f"{where}: {why}".replace(" Value error,", "") for where, why in facts)


async def read_all_saved(session: AsyncSession, site: Site, user_id: int) -> list[LinkSaved]:
    """Return somebody's whole list."""
    query: Any = select_saved(user_id)
    return [view_saved(site, row) for row in await session.exec(query)]
