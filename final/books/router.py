"""The routes of the catalogue: open to everyone for reading, to administrators for writing."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import col

from final.books import service
from final.books.errors import BookNotFound, IsbnTaken
from final.books.models import Book
from final.books.queries import BookSort, find_common, select_books, select_reviews
from final.books.schemas import (
    BookCreate,
    BookDetail,
    BookPublic,
    BookReplace,
    BookUpdate,
    ReviewPublic,
)
from final.core.database.transaction import on_commit
from final.core.errors import NotAuthenticated, Unprocessable, responses
from final.core.fields import MAX_INT, Id, Line
from final.core.http.cached_responses import cached_response
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.pagination import PageDep
from final.users.dependencies import AdminsOnly, AdminUser

GenreFilter = Annotated[
    Line | None,
    Query(max_length=100, description="Exactly this genre, ignoring case.", examples=["dystopia"]),
]
AuthorFilter = Annotated[
    Line | None,
    Query(max_length=100, description="Part of the author, ignoring case.", examples=["orwell"]),
]
TitleFilter = Annotated[
    Line | None,
    Query(max_length=100, description="Part of the title, ignoring case.", examples=["eighty"]),
]
YearFilter = Annotated[
    int | None,
    Query(ge=1, le=MAX_INT, description="Published in this year.", examples=[1949]),
]
Sort = Annotated[
    BookSort,
    Query(description="What to sort by; `-` for descending. What is unknown comes last."),
]

BOOKS_TAG = "books"
LISTED = (BOOKS_TAG,)

router = APIRouter(prefix="/books", tags=["Books"])


@router.get("", response_model=list[BookPublic], responses=responses(Unprocessable))
async def list_books(
    request: Request,
    session: SessionDep,
    resources: ResourcesDep,
    page: PageDep,
    genre: GenreFilter = None,
    author: AuthorFilter = None,
    title: TitleFilter = None,
    year: YearFilter = None,
    sort: Sort = "id",
) -> Response:
    """List the catalogue: books that meet every filter given.

    It may be sorted by many things, so pages are found by `skip` alone.
    """

    async def read() -> Response:
        """Read the page from the database."""
        common = await find_common(session, author, title)
        query = select_books(genre, author, title, year, sort, common)
        books = await page.read(session, query, col(Book.id), select_books(sort=sort))
        return page.answer([BookPublic.model_validate(book) for book in books])

    filters = (genre, author, title, year, sort)
    return await cached_response(
        request, resources.cache, LISTED, read, filters=filters, skip=page.skip, limit=page.limit
    )


@router.get(
    "/{book_id}", response_model=BookDetail, responses=responses(BookNotFound, Unprocessable)
)
async def read_book(session: SessionDep, book_id: Id) -> Any:
    """Return one book with the mean and number of its ratings."""
    return await service.get_book_detail(session, book_id)


@router.get(
    "/{book_id}/reviews",
    response_model=list[ReviewPublic],
    responses=responses(BookNotFound, Unprocessable),
)
async def list_book_reviews(session: SessionDep, page: PageDep, book_id: Id) -> Sequence[Any]:
    """List what readers who have completed a book wrote about it, the newest first.

    A rating without a text counts in the mean but names nobody here. The review of a
    deactivated account stays, without its name.
    """
    await service.get_book(session, book_id)
    return await page.read(session, select_reviews(book_id))


@router.post(
    "",
    status_code=201,
    response_model=BookPublic,
    responses=responses(NotAuthenticated, AdminsOnly, IsbnTaken, Unprocessable),
)
async def create_book(
    session: SessionDep, resources: ResourcesDep, _admin: AdminUser, data: BookCreate
) -> Book:
    """Add a book to the catalogue; for administrators."""
    on_commit(session, resources.cache.invalidate, BOOKS_TAG)
    return await service.create_book(session, data)


@router.put(
    "/{book_id}",
    response_model=BookPublic,
    responses=responses(NotAuthenticated, AdminsOnly, BookNotFound, IsbnTaken, Unprocessable),
)
async def replace_book(
    session: SessionDep, resources: ResourcesDep, _admin: AdminUser, book_id: Id, data: BookReplace
) -> Book:
    """Replace a book: what is not sent becomes empty; for administrators."""
    on_commit(session, resources.cache.invalidate, BOOKS_TAG)
    return await service.update_book(session, book_id, data)


@router.patch(
    "/{book_id}",
    response_model=BookPublic,
    responses=responses(NotAuthenticated, AdminsOnly, BookNotFound, IsbnTaken, Unprocessable),
)
async def update_book(
    session: SessionDep, resources: ResourcesDep, _admin: AdminUser, book_id: Id, data: BookUpdate
) -> Book:
    """Change what is sent of a book; for administrators."""
    on_commit(session, resources.cache.invalidate, BOOKS_TAG)
    return await service.update_book(session, book_id, data)


@router.delete(
    "/{book_id}",
    status_code=204,
    responses=responses(NotAuthenticated, AdminsOnly, BookNotFound, Unprocessable),
)
async def delete_book(
    session: SessionDep, resources: ResourcesDep, _admin: AdminUser, book_id: Id
) -> None:
    """Remove a book from the catalogue and from every shelf; for administrators."""
    on_commit(session, resources.cache.invalidate, BOOKS_TAG)
    await service.delete_book(session, book_id)
