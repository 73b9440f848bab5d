"""The endpoints that take one's list along, and bring it from elsewhere."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from final.core.errors import NotAuthenticated, Responses, Unprocessable, responses
from final.core.http.dependencies import SessionDep
from final.core.http.downloads import attachment
from final.core.http.result_stream import LINES, stream_results
from final.core.http.uploads import received_file, upload_form
from final.links.bookmark_files.schemas import ImportResult
from final.links.bookmark_files.service import Importer, export_bookmarks
from final.links.dependencies import LinkResourcesDep
from final.links.errors import NoBookmarkFile
from final.users.dependencies import CurrentUser

router = APIRouter(prefix="/links", tags=["Links"])

# Ten times what a million links take.
MAX_UPLOAD = 4 * 1024**3
HTML: Responses = {
    200: {
        "content": {"text/html": {"schema": {"type": "string"}}},
        "description": "The bookmark file.",
    }
}
BOOKMARK_FILE = upload_form("A bookmark file, for example one that a browser has exported.")
Folders = Annotated[
    Literal["tags", "ignore"], Query(description="Whether the names of folders become tags.")
]
Visibility = Annotated[
    Literal["private", "public"],
    Query(description="Who sees the links of which the file itself does not say it."),
]


@router.get(
    "/export", response_class=StreamingResponse, responses={**HTML, **responses(NotAuthenticated)}
)
async def export_links(
    request: Request, links: LinkResourcesDep, user: CurrentUser
) -> StreamingResponse:
    """Take one's whole list along, as a bookmark file for any browser."""
    pieces = export_bookmarks(links.database, links.site, user.id)
    if request.scope.get("head"):
        pieces = nothing()
    headers = attachment("bookmarks.html") | {"Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="text/html", headers=headers)


async def nothing() -> AsyncIterator[str]:
    """Yield no piece."""
    return
    yield


@router.post(
    "/import",
    response_model=list[ImportResult],
    max_body_size=MAX_UPLOAD,
    openapi_extra=BOOKMARK_FILE,
    responses={**LINES, **responses(NotAuthenticated, Unprocessable, NoBookmarkFile)},
)
async def import_links(
    request: Request,
    session: SessionDep,
    links: LinkResourcesDep,
    user: CurrentUser,
    folders: Folders = "tags",
    visibility: Visibility = "private",
) -> StreamingResponse:
    """Bring bookmarks from a browser or another service, whatever the size of the file.

    Titles, descriptions, tags, dates, folders and privacy are kept. Every entry has a result of its
    own: `ok`, with `warnings` where something was too long and cut, or an error such as 409 for a
    URL that was in the list before. Results arrive while the import goes on, each when its entry is
    safely stored; with `Accept: application/x-ndjson` one a line.
    """
    importer = Importer(
        links.database, links.site, user.id, folders == "tags", visibility == "private"
    )
    await session.commit()  # nothing to keep: returns the connection while the file arrives
    return await stream_results(request, import_form(importer, request))


async def import_form(importer: Importer, request: Request) -> AsyncIterator[list[ImportResult]]:
    """Import the file of a form, group by group."""
    async with received_file(request) as file:
        async for results in importer.run(file):
            yield results
