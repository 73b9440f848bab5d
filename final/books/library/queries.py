"""Reading the personal library: every query here is bound to one reader."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Select
from sqlalchemy.orm import QueryableAttribute, joinedload
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from final.books.models import Book, ReadingStatus, UserBook
from final.books.schemas import BookPublic, LibraryBook

SHOWN = [field for field in LibraryBook.model_fields if field != "book"]
ENTRY = [getattr(UserBook, field) for field in SHOWN]
BOOK = [getattr(Book, field).label(f"its_{field}") for field in BookPublic.model_fields]
KEY = (col(UserBook.user_id), col(UserBook.book_id))
# Each has its book; the join is an outer one so that counting can do without.
ENTRIES = (
    Select[Any](*ENTRY, *BOOK)
    .outerjoin(Book, col(Book.id) == UserBook.book_id)
    .order_by(col(UserBook.date_added).desc(), col(UserBook.book_id))
)
WITH_BOOK = joinedload(cast("QueryableAttribute[Book]", UserBook.book), innerjoin=True)
EXPORTED: tuple[Any, ...] = (
    col(UserBook.book_id).label("id"),
    col(Book.title),
    col(Book.author),
    col(Book.isbn),
    col(UserBook.rating),
    col(UserBook.date_added),
    col(UserBook.status),
    col(UserBook.review_text),
    col(UserBook.progress),
)


def shelf(user_id: int) -> SelectOfScalar[UserBook]:
    """Select what one reader has, each with its book."""
    return select(UserBook).where(UserBook.user_id == user_id).options(WITH_BOOK)


@lru_cache
def select_library(user_id: int, status: ReadingStatus | None = None) -> Select[Any]:
    """Select what `view` shows of the reader's books, the newest addition first."""
    query = ENTRIES.where(col(UserBook.user_id) == user_id)
    return query if status is None else query.where(col(UserBook.status) == status)


def view(row: Any) -> LibraryBook:
    """Show a row of `select_library`."""
    book = {field: getattr(row, f"its_{field}") for field in BookPublic.model_fields}
    return LibraryBook(book=BookPublic(**book), **{field: row._mapping[field] for field in SHOWN})


def select_exported(user_id: int) -> Select[Any]:
    """Select what a file says of the reader's books."""
    query = Select[Any](*EXPORTED).join(Book, col(Book.id) == UserBook.book_id)
    return query.where(col(UserBook.user_id) == user_id)


async def find_books(session: AsyncSession, isbns: Iterable[str | None]) -> dict[str, int]:
    """Return the numbers of these books, none of which is deleted before the commit."""
    query = select(Book.isbn, Book.id).where(col(Book.isbn).in_(list(filter(None, isbns))))
    return dict((await session.exec(query.order_by(col(Book.id)).with_for_update(read=True))).all())


async def find_shelved(session: AsyncSession, user_id: int, book_ids: Iterable[int]) -> set[int]:
    """Return which of these books are on the shelf."""
    query = select(UserBook.book_id).where(UserBook.user_id == user_id)
    return set((await session.exec(query.where(col(UserBook.book_id).in_(list(book_ids))))).all())
