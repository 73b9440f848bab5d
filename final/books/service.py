"""The catalogue: finding, describing and managing books."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.errors import BookNotFound, IsbnTaken
from final.books.models import Book
from final.books.queries import CASEFOLDED, select_detail
from final.books.schemas import BookCreate, BookUpdate
from final.core.observability.logs import get_logger
from final.core.text.search import search_form

logger = get_logger(__name__)


async def get_book_detail(session: AsyncSession, book_id: int) -> Any:
    """Return a book with the number and mean of its ratings, or raise `BookNotFound`."""
    book = (await session.exec(select_detail(book_id))).one_or_none()
    if book is None:
        raise BookNotFound
    return book


async def get_book(session: AsyncSession, book_id: int, lock: bool = False) -> Book:
    """Load a book, or raise `BookNotFound`; changes to a locked one come one after another."""
    book = await session.get(Book, book_id, with_for_update=lock or None)
    if book is None:
        raise BookNotFound
    return book


async def create_book(session: AsyncSession, data: BookCreate) -> Book:
    """Add a book to the catalogue, or raise `IsbnTaken`."""
    await ensure_not_taken(session, data.isbn)
    book = Book.model_validate(with_keys(data.model_dump()))
    session.add(book)
    await flush(session)
    logger.info("book created", book_id=book.id)
    return book


async def update_book(session: AsyncSession, book_id: int, data: BookCreate | BookUpdate) -> Book:
    """Replace a book, or change what was sent of it; raise `BookNotFound` or `IsbnTaken`."""
    book = await get_book(session, book_id, lock=True)
    changes = data.model_dump(exclude_unset=isinstance(data, BookUpdate))
    if changes.get("isbn", book.isbn) != book.isbn:
        await ensure_not_taken(session, changes["isbn"])
    book.sqlmodel_update(with_keys(changes))
    session.add(book)
    await flush(session)
    return book


async def delete_book(session: AsyncSession, book_id: int) -> None:
    """Remove a book from the catalogue and, by its foreign keys, from every shelf."""
    if (await session.exec(delete(Book).where(col(Book.id) == book_id))).rowcount == 0:
        raise BookNotFound
    logger.info("book deleted", book_id=book_id)


async def ensure_not_taken(session: AsyncSession, isbn: str) -> None:
    """Raise when a book with this number exists."""
    if await session.scalar(select(Book.id).where(Book.isbn == isbn)) is not None:
        raise IsbnTaken


async def flush(session: AsyncSession) -> None:
    """Write a book; of two that want one number at once, the unique index refuses one."""
    try:
        await session.flush()
    except IntegrityError:
        raise IsbnTaken from None


def with_keys(values: dict[str, Any]) -> dict[str, Any]:
    """Add the keys of the texts among these values."""
    texts = {field: values[field] for field in CASEFOLDED if field in values}
    return values | {f"{field}_key": text and search_form(text) for field, text in texts.items()}
