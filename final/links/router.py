"""The routes of links: everyone's to look at, one's own to keep."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlmodel import col

from final.core.database.text_search import is_common
from final.core.database.transaction import on_commit
from final.core.errors import NotAuthenticated, Responses, Unprocessable, responses
from final.core.fields import Id
from final.core.http.dependencies import SessionDep
from final.core.http.openapi import BINARY, TOKEN_OPTIONAL
from final.core.http.pagination import CursorPageDep
from final.links import queries, service
from final.links.addresses.site import Site, casefold_key, ensure_long_enough
from final.links.dependencies import (
    Key,
    KeyQuery,
    LinkResourcesDep,
    TagFilter,
    TitleSearch,
    vary_by_caller,
)
from final.links.effects import announce_change
from final.links.errors import (
    AliasReserved,
    AliasTaken,
    AliasTooShort,
    LinkNotFound,
    LinkShared,
    NotYourLink,
    OwnAddress,
)
from final.links.models import Link, UserLink
from final.links.schemas import (
    DayClicks,
    LinkCreate,
    LinkPublic,
    LinkSaved,
    LinkStats,
    LinkUpdate,
)
from final.links.shortener import queries as shortener_queries
from final.links.shortener.qr import draw_qr_code
from final.users.dependencies import CurrentUser, OptionalUser

router = APIRouter(prefix="/links", tags=["Links"])

Broken = Annotated[
    bool | None,
    Query(description="Of one's own: those that led nowhere when they were checked, or the rest."),
]
Whose = Annotated[
    Literal["public", "mine"] | None,
    Query(description="Everyone's links, or one's own; without a word, one's own if signed in."),
]
PNG: Responses = {200: {"content": {"image/png": BINARY}, "description": "The QR code."}}


@router.post("", status_code=201, responses=responses(NotAuthenticated, Unprocessable, OwnAddress))
async def create_link(
    session: SessionDep, user: CurrentUser, links: LinkResourcesDep, data: LinkCreate
) -> LinkSaved:
    """Save a link; it gets a short URL at once."""
    return await service.save_link(session, links.site, user.id, data)


@router.get(
    "",
    response_model=list[LinkSaved] | list[LinkPublic],
    responses=responses(NotAuthenticated, Unprocessable),
    openapi_extra=TOKEN_OPTIONAL,
)
async def list_links(
    response: Response,
    session: SessionDep,
    viewer: OptionalUser,
    links: LinkResourcesDep,
    page: CursorPageDep,
    search: TitleSearch = None,
    tag: TagFilter = None,
    view: Whose = None,
    broken: Broken = None,
) -> Response:
    """List links, the oldest first: one's own when signed in, everyone's public ones otherwise.

    `Link: rel="next"` leads to the next page by `after`; such pages do not count the whole list
    again. Clicks are shown within a second.
    """
    vary_by_caller(response)
    if view == "public" or (view is None and viewer is None and broken is None):
        common = await is_common(session, queries.select_public(), queries.SEARCHED, search)
        query = queries.select_public(search, tag, is_common=common)
        rows = await page.read(session, query, col(Link.id))
        return page.answer([LinkPublic.model_validate(row) for row in rows])
    if viewer is None:
        raise NotAuthenticated
    common = await is_common(session, queries.select_saved(viewer.id), queries.SEARCHED, search)
    query = queries.select_saved(viewer.id, search, tag, broken, is_common=common)
    rows = await page.read(session, query, col(UserLink.link_id))
    return page.answer(
        [queries.view_saved(links.site, row, links.clicks.pending_of(row.id)) for row in rows]
    )


@router.get(
    "/qrcode/",
    summary="Draw QR Code",
    response_class=Response,
    responses={**PNG, **responses(NotAuthenticated, LinkNotFound, Unprocessable)},
)
async def draw_link_code(
    session: SessionDep, user: CurrentUser, links: LinkResourcesDep, key: KeyQuery
) -> Response:
    """Draw a QR code that reads as the short URL."""
    link = await shortener_queries.find_visible_by_key(session, user.id, key)
    image = await asyncio.to_thread(draw_qr_code, short_url(links.site, link))
    return Response(image, media_type="image/png")


@router.get(
    "/{key}/stats",
    responses=responses(NotAuthenticated, LinkNotFound, Unprocessable),
)
async def read_link_stats(session: SessionDep, user: CurrentUser, key: Key) -> LinkStats:
    """Tell how often a link of one's own list was followed on each day, up to a second ago."""
    link = await shortener_queries.find_own_by_key(session, user.id, key)
    days = await queries.count_days(session, link.id)
    return LinkStats(
        key=link.alias or link.key,
        clicks=link.clicks,
        days=[DayClicks.model_validate(day) for day in days],
    )


@router.get(
    "/{link_id}",
    responses=responses(NotAuthenticated, LinkNotFound, Unprocessable),
    openapi_extra=TOKEN_OPTIONAL,
)
async def read_link(
    response: Response,
    session: SessionDep,
    viewer: OptionalUser,
    links: LinkResourcesDep,
    link_id: Id,
) -> LinkSaved | LinkPublic:
    """Return one link: as it is in one's own list, or as everyone sees it."""
    vary_by_caller(response)
    if viewer is not None:
        try:
            row = await queries.find_saved(session, viewer.id, link_id)
            return queries.view_saved(links.site, row, links.clicks.pending_of(link_id))
        except LinkNotFound:
            pass
    return await queries.find_public(session, link_id)


@router.patch(
    "/{link_id}",
    responses=responses(
        NotAuthenticated,
        NotYourLink,
        LinkNotFound,
        AliasTaken,
        LinkShared,
        Unprocessable,
        AliasTooShort,
        AliasReserved,
        OwnAddress,
    ),
)
async def update_link(
    session: SessionDep,
    user: CurrentUser,
    links: LinkResourcesDep,
    link_id: Id,
    data: LinkUpdate,
) -> LinkSaved:
    """Change what is sent: one's own words always, the rest while nobody else has the link.

    The rest is where it leads, its alias and its limits. Another target leaves the short URL as it
    is.
    """
    ensure_long_enough(data.alias, is_admin=user.is_admin)
    user_id = user.id
    if "max_clicks" in data.model_fields_set:  # clicks that are not written yet count as well
        await session.commit()  # nothing to keep: returns the connection, for they take another
        await links.clicks.flush()
    link, former_key = await service.update_link(session, links.site, user_id, link_id, data)
    key = casefold_key(link.alias or link.short_code or "")
    announce_change(session, links.pubsub, former_key, key)
    if data.original_url and link.default_title is None:
        on_commit(session, links.page_titles.fill_later, link.url)
    return link


@router.delete(
    "/{link_id}",
    status_code=204,
    responses=responses(NotAuthenticated, NotYourLink, LinkNotFound, Unprocessable),
)
async def delete_link(
    session: SessionDep, user: CurrentUser, links: LinkResourcesDep, link_id: Id
) -> None:
    """Take a link out of one's list; it goes for good when nobody else has it."""
    key = await service.remove_link(session, user.id, link_id)
    announce_change(session, links.pubsub, key)


def short_url(site: Site, link: Link) -> str:
    """Return the short URL of a link."""
    return site.short_url(link.alias or link.key)
