"""The routes that take a shelf in and out."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from final.books.errors import NotAShelf
from final.books.library.csv_files import service
from final.books.library.csv_files.schemas import RowResult
from final.core.database.engine import Database
from final.core.errors import NotAuthenticated, Responses, Unprocessable, responses
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.downloads import attachment
from final.core.http.result_stream import LINES, stream_results
from final.core.http.uploads import received_file, upload_form
from final.users.dependencies import CurrentUser

# Some times what 100,000 rows take.
MAX_UPLOAD = 128 * 1024**2
SHELF_FILE = upload_form("A CSV file as Goodreads or StoryGraph export it.")

router = APIRouter(prefix="/my-library", tags=["My library"])

CSV: Responses = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The file."}
}


@router.get(
    "/export", response_class=StreamingResponse, responses={**CSV, **responses(NotAuthenticated)}
)
async def export_library(resources: ResourcesDep, user: CurrentUser) -> StreamingResponse:
    """Take one's shelf along, as a CSV file that Goodreads and StoryGraph read."""
    rows, headers = service.export_rows(resources.database, user.id), attachment("library.csv")
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/import",
    response_model=list[RowResult],
    max_body_size=MAX_UPLOAD,
    openapi_extra=SHELF_FILE,
    responses={**LINES, **responses(NotAuthenticated, Unprocessable, NotAShelf)},
)
async def import_library(
    request: Request, session: SessionDep, resources: ResourcesDep, user: CurrentUser
) -> StreamingResponse:
    """Put the books of a CSV file on one's shelf, with status, rating, review and date.

    Every row has a result of its own. Half stars are rounded up, which its `warnings` say. A book
    that is not in the catalogue is a 404 of its row. Results arrive while the import goes on, each
    when its row is safely stored; with `Accept: application/x-ndjson` one a line.
    """
    user_id = user.id
    await session.commit()  # nothing to keep: returns the connection while the file arrives
    return await stream_results(request, import_form(resources.database, user_id, request))


async def import_form(
    database: Database, user_id: int, request: Request
) -> AsyncIterator[list[RowResult]]:
    """Import the file of a form, group by group."""
    async with received_file(request) as file:
        async for results in service.import_rows(database, user_id, file):
            yield results
