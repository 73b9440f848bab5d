"""The routes that take a shelf in and out."""

import csv
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from fastapi.responses import StreamingResponse

from final.books.errors import NotAShelf
from final.books.library.csv_files import service
from final.books.library.csv_files.reader import read_rows
from final.books.library.csv_files.schemas import RowResult
from final.core.errors import NotAuthenticated, Responses, Unprocessable, responses
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.users.dependencies import CurrentUser

router = APIRouter(prefix="/my-library", tags=["My library"])

CSV: Responses = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The file."}
}

ShelfFile = Annotated[
    UploadFile,
    File(
        description="A CSV file as Goodreads or StoryGraph export it.",
        examples=["library.csv"],
        json_schema_extra={"format": "binary"},
    ),
]


@router.get(
    "/export", response_class=StreamingResponse, responses={**CSV, **responses(NotAuthenticated)}
)
async def export_library(resources: ResourcesDep, user: CurrentUser) -> StreamingResponse:
    """Take one's shelf along, as a CSV file that Goodreads and StoryGraph read."""
    headers = {"Content-Disposition": 'attachment; filename="library.csv"'}
    rows = service.export_rows(resources.database, user.id)
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/import", responses=responses(NotAuthenticated, Unprocessable, NotAShelf))
async def import_library(
    session: SessionDep,
    user: CurrentUser,
    file: ShelfFile,
) -> list[RowResult]:
    """Put the books of a CSV file on one's shelf, with status, rating, review and date.

    Every row has a result of its own. Half stars are rounded up, which its `warnings` say. A book
    that is not in the catalogue is a 404 of its row.
    """
    try:
        rows = list(read_rows(await file.read()))
    except csv.Error:
        raise NotAShelf from None
    return await service.import_rows(session, user.id, rows)
