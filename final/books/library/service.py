"""Changing the personal library: what may be said of a book, and when."""

from typing import Any

from sqlalchemy import delete
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.errors import AlreadyInLibrary, NotCompleted, NotInLibrary
from final.books.library.queries import shelf
from final.books.models import ReadingStatus, UserBook
from final.books.schemas import LibraryAdd, LibraryUpdate
from final.books.service import get_book
from final.core.database.engine import utcnow

OPINION = ("rating", "review_text")
FINISHED = 100


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
