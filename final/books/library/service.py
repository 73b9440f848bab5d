"""The personal library: every query here is bound to one reader, so nobody sees another's."""

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Select, delete
from sqlalchemy.orm import QueryableAttribute, joinedload
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from final.books.errors import AlreadyInLibrary, NotCompleted, NotInLibrary
from final.books.models import Book, ReadingStatus, UserBook
from final.books.schemas import BookPublic, LibraryAdd, LibraryBook, LibraryUpdate
from final.books.service import get_book
from final.core.database.engine import utcnow

OPINION = ("rating", "review_text")
FINISHED = 100
SHOWN = [field for field in LibraryBook.model_fields if field != "book"]
ENTRY = [getattr(UserBook, field) for field in SHOWN]
BOOK = [getattr(Book, field).label(f"its_{field}") for field in BookPublic.model_fields]
WITH_BOOK = joinedload(cast("QueryableAttribute[Book]", UserBook.book), innerjoin=True)


def shelf(user_id: int) -> SelectOfScalar[UserBook]:
    """Select what one reader has, each with its book."""
    return select(UserBook).where(UserBook.user_id == user_id).options(WITH_BOOK)


@lru_cache
def select_library(user_id: int, status: ReadingStatus | None = None) -> Select[Any]:
    """Select what `view` shows of the reader's books, the newest addition first."""
    newest = (col(UserBook.date_added).desc(), col(UserBook.book_id))
    query = Select[Any](*ENTRY, *BOOK).join(Book, col(Book.id) == col(UserBook.book_id))
    query = query.where(col(UserBook.user_id) == user_id).order_by(*newest)
    return query if status is None else query.where(col(UserBook.status) == status)


def view(row: Any) -> LibraryBook:
    """Show a row of `select_library`."""
    book = {field: getattr(row, f"its_{field}") for field in BookPublic.model_fields}
    return LibraryBook(book=BookPublic(**book), **{field: row._mapping[field] for field in SHOWN})


async def add_to_library(
    session: AsyncSession, user_id: int, book_id: int, data: LibraryAdd
) -> UserBook:
    """Put a book on the shelf, or raise `BookNotFound`, `AlreadyInLibrary` or `NotCompleted`."""
    book = await get_book(session, book_id, lock=True)  # not to be deleted meanwhile
    if await session.get(UserBook, (user_id, book_id)) is not None:
        raise AlreadyInLibrary
    entry = UserBook(user_id=user_id, book=book)
    apply_changes(entry, data.model_dump(exclude_unset=True))
    session.add(entry)
    await session.flush()  # of two equal ones at once, the primary key refuses one: 409
    return entry


async def update_in_library(
    session: AsyncSession, user_id: int, book_id: int, data: LibraryUpdate
) -> UserBook:
    """Change what was sent, or raise `NotInLibrary` or `NotCompleted`."""
    entry = await lock_entry(session, user_id, book_id)
    apply_changes(entry, data.model_dump(exclude_unset=True))
    session.add(entry)
    await session.flush()
    return entry


async def lock_entry(session: AsyncSession, user_id: int, book_id: int) -> UserBook:
    """Load an entry that stays as it is until the commit, or raise `NotInLibrary`.

    A rating that comes while the status changes is judged by the status there really is.
    """
    query = shelf(user_id).where(UserBook.book_id == book_id).with_for_update(of=UserBook)
    entry = (await session.exec(query)).one_or_none()
    if entry is None:
        raise NotInLibrary
    return entry


def apply_changes(entry: UserBook, changes: dict[str, Any]) -> None:
    """Apply changes as far as they make sense together.

    Rating and review need a completed book. When it is taken up again they stay on the shelf,
    unchangeable but for being removed, and count in public once it is completed again.
    """
    status = changes.get("status", entry.status)
    completed = status == ReadingStatus.COMPLETED
    opinion = {field: changes[field] for field in OPINION if field in changes}
    if not completed and any(value is not None for value in opinion.values()):
        raise NotCompleted
    if completed and entry.status != status:
        changes.setdefault("progress", FINISHED)
    if any(value != getattr(entry, field) for field, value in opinion.items()):
        entry.reviewed_at = utcnow()
    entry.sqlmodel_update(changes)


async def remove_from_library(session: AsyncSession, user_id: int, book_id: int) -> None:
    """Take a book off the shelf, with rating and review, or raise `NotInLibrary`."""
    removal = delete(UserBook).where(
        col(UserBook.user_id) == user_id, col(UserBook.book_id) == book_id
    )
    if (await session.exec(removal)).rowcount == 0:
        raise NotInLibrary
