"""The routes of short links. The last two take any word: they are included after all others."""

from collections.abc import MutableMapping
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from final.core.database.transaction import on_commit
from final.core.errors import NotAuthenticated, Responses, Unprocessable, responses
from final.core.http.dependencies import SessionDep
from final.core.http.openapi import TOKEN_OPTIONAL
from final.links import queries
from final.links.addresses.site import casefold_key, ensure_long_enough
from final.links.dependencies import (
    Key,
    KeyQuery,
    LinkResourcesDep,
    PageUrl,
    UrlQuery,
)
from final.links.effects import announce_change
from final.links.errors import (
    AliasReserved,
    AliasTaken,
    AliasTooShort,
    AlreadySaved,
    LinkGone,
    LinkNotFound,
    OwnAddress,
)
from final.links.page_titles.fetcher import found
from final.links.resources import LinkResources
from final.links.schemas import LinkPreview, ShortenRequest, ShortLink
from final.links.shortener import queries as shortener_queries
from final.links.shortener import service as shortener_service
from final.links.shortener.follow import pass_on, redirect_headers
from final.links.shortener.preview import describe_link, draw_preview, prefers_html
from final.users.dependencies import CurrentUser, OptionalUser

# How long an answer may wait for a title that nobody gave.
TITLE_SECONDS = 0.8

Deleted = Literal["Link deleted"]
TEXT: Responses = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "FastAPI"}},
        "description": "The title.",
    }
}
PAGE: Responses = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The target."}
}
REDIRECT: Responses = {302: {"description": "The way to the original URL, in `Location`."}}


class KeyRoute(APIRoute):
    """A route for words that are nobody's: other methods and other routes' words are not its own.

    Otherwise an unknown path would answer 405 to a POST, and a known one 404 to a GET.
    """

    def matches(self, scope: Scope) -> tuple[Match, MutableMapping[str, Any]]:
        """Match a GET whose first word no route begins with."""
        match, child = super().matches(scope)
        if match is Match.FULL:
            links: LinkResources = scope["app"].state.links
            if casefold_key(scope["path"].strip("/")) not in links.site.reserved:
                return match, child
        return Match.NONE, {}


router = APIRouter(tags=["Short links"])
key_router = APIRouter(tags=["Short links"], route_class=KeyRoute)


@router.post(
    "/shorten/",
    summary="Shorten URL",
    status_code=201,
    response_model=ShortLink,
    responses=responses(
        NotAuthenticated,
        AlreadySaved,
        AliasTaken,
        Unprocessable,
        AliasTooShort,
        AliasReserved,
        OwnAddress,
    ),
)
async def shorten_url(
    session: SessionDep,
    user: CurrentUser,
    links: LinkResourcesDep,
    data: ShortenRequest,
) -> object:
    """Make a short link, under an alias of one's own or a short code.

    Without an alias it is the same link that others show for this URL, unless it is to be private.
    Without a title it takes that of the page, if this can be had within a second; otherwise it
    follows later.
    """
    ensure_long_enough(data.alias, is_admin=user.is_admin)
    user_id, page_title = user.id, None
    if data.title is None:
        await session.commit()  # nothing to keep: returns the connection during the fetching
        page_title = await links.page_titles.within(data.original_url, TITLE_SECONDS)
    link = await shortener_service.shorten(session, links.site, user_id, data, page_title)
    if link.default_title is None:
        on_commit(session, links.page_titles.fill_later, link.url)
    return link


@router.delete(
    "/by_url/",
    summary="Delete Links By URL",
    responses=responses(NotAuthenticated, LinkNotFound, Unprocessable),
)
async def delete_by_url(
    session: SessionDep, user: CurrentUser, links: LinkResourcesDep, url: UrlQuery
) -> Deleted:
    """Take the links for a URL out of one's list."""
    keys = await shortener_service.remove_by_url(session, user.id, url)
    announce_change(session, links.pubsub, *keys)
    return "Link deleted"


@router.delete(
    "/by_key/",
    summary="Delete Link By Key",
    responses=responses(NotAuthenticated, LinkNotFound, Unprocessable),
)
async def delete_by_key(
    session: SessionDep, user: CurrentUser, links: LinkResourcesDep, key: KeyQuery
) -> Deleted:
    """Take the link with an alias or short code out of one's list."""
    link = await shortener_queries.find_own_by_key(session, user.id, key)
    key = await shortener_service.remove_from_list(session, user.id, link.id)
    announce_change(session, links.pubsub, key)
    return "Link deleted"


@router.get(
    "/link/title/",
    response_class=Response,  # errors are JSON
    responses={**TEXT, **responses(NotAuthenticated, Unprocessable)},
)
async def read_page_title(
    session: SessionDep, user: CurrentUser, links: LinkResourcesDep, url: PageUrl
) -> Response:
    """Fetch the title of a page; one's link to it takes it as its default title."""
    user_id = user.id
    await session.commit()  # nothing to keep: returns the connection during the fetching
    title = await links.page_titles.fetch(url)
    if worth_keeping := found(title):
        await shortener_service.fill_title(session, url, worth_keeping, user_id)
    return PlainTextResponse(title)


@key_router.get(
    "/{key}+",
    response_model=LinkPreview,
    responses={**PAGE, **responses(NotAuthenticated, LinkNotFound, LinkGone, Unprocessable)},
    openapi_extra=TOKEN_OPTIONAL,
)
async def preview_link(
    request: Request,
    response: Response,
    session: SessionDep,
    viewer: OptionalUser,
    links: LinkResourcesDep,
    key: Key,
) -> LinkPreview | Response:
    """Show where a short URL leads, without following it; a private one only to its owner.

    A browser gets a page, with the number of clicks and a QR code.
    """
    response.headers["Vary"] = "Authorization, Accept"
    viewer_id = viewer.id if viewer else None
    link = await shortener_queries.find_visible_by_key(session, viewer_id, key)
    shortener_service.ensure_available(link)
    title = await queries.find_title(session, link, viewer_id)
    preview = describe_link(links.site, link, title)
    if not prefers_html(request.headers.get("accept", "")):
        return preview
    return await draw_preview(preview, link.clicks)


@key_router.get(
    "/{key}",
    status_code=302,
    response_class=Response,
    responses={**REDIRECT, **responses(LinkNotFound, LinkGone, Unprocessable)},
)
async def follow_link(
    request: Request, session: SessionDep, links: LinkResourcesDep, key: Key
) -> Response:
    """Redirect to the original URL and count the click; a HEAD request is no click."""
    link = await shortener_queries.find_by_key(session, key)
    shortener_service.ensure_available(link)
    if not request.scope.get("head"):
        await shortener_service.count_click(session, links.clicks, link)
    response = Response(status_code=302)
    query = request.scope["query_string"] if link.forward_query else b""
    response.raw_headers = redirect_headers(pass_on(link.url, query))
    return response
