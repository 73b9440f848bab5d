"""The routes of one's own shelf; other people's have none."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from final.books.errors import AlreadyInLibrary, BookNotFound, NotCompleted, NotInLibrary
from final.books.library import queries
from final.books.library import service as library_service
from final.books.models import ReadingStatus, UserBook
from final.books.schemas import LibraryAdd, LibraryBook, LibraryUpdate
from final.core.errors import NotAuthenticated, Unprocessable, responses
from final.core.fields import Id
from final.core.http.dependencies import SessionDep
from final.core.http.pagination import PageDep
from final.users.dependencies import CurrentUser

StatusFilter = Annotated[
    ReadingStatus | None, Query(description="Only books of this status.", examples=["Reading"])
]

router = APIRouter(prefix="/my-library", tags=["My library"])


@router.get(
    "", response_model=list[LibraryBook], responses=responses(NotAuthenticated, Unprocessable)
)
async def list_library(
    session: SessionDep, user: CurrentUser, page: PageDep, status: StatusFilter = None
) -> Response:
    """List the books on one's own shelf, the newest addition first."""
    query = queries.select_library(user.id, status)
    rows = await page.read(session, query, queries.KEY, queries.ENTRIES)
    return page.answer([queries.view(row) for row in rows])


@router.post(
    "/{book_id}",
    summary="Add Book To Library",
    status_code=201,
    response_model=LibraryBook,
    responses=responses(
        NotAuthenticated, BookNotFound, AlreadyInLibrary, NotCompleted, Unprocessable
    ),
)
async def add_to_library(
    session: SessionDep, user: CurrentUser, book_id: Id, data: LibraryAdd | None = None
) -> UserBook:
    """Put a book on one's shelf; without a body it is a wish.

    Rating and review need the status `Completed`, which sets `progress` to 100 unless it is
    sent along.
    """
    return await library_service.add_to_library(session, user.id, book_id, data or LibraryAdd())


@router.patch(
    "/{book_id}",
    summary="Update Book In Library",
    response_model=LibraryBook,
    responses=responses(NotAuthenticated, NotInLibrary, NotCompleted, Unprocessable),
)
async def update_in_library(
    session: SessionDep, user: CurrentUser, book_id: Id, data: LibraryUpdate
) -> UserBook:
    """Change what is sent of a book on one's shelf.

    Rating and review can be set while the book is `Completed`, or becomes so by this request
    (which sets `progress` to 100 unless it is sent along); null removes them at any time. When
    the status moves away from `Completed` they stay on the shelf, but neither count nor show
    in public until the book is `Completed` again.
    """
    return await library_service.update_in_library(session, user.id, book_id, data)


@router.delete(
    "/{book_id}",
    summary="Remove Book From Library",
    status_code=204,
    responses=responses(NotAuthenticated, NotInLibrary, Unprocessable),
)
async def remove_from_library(session: SessionDep, user: CurrentUser, book_id: Id) -> None:
    """Take a book off one's shelf; its rating and review go with it."""
    await library_service.remove_from_library(session, user.id, book_id)
