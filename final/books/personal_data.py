"""What the library knows of a person."""

from typing import Any

from sqlalchemy import Select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.models import Book, UserBook
from final.core.database.transaction import on_commit
from final.core.personal_data import PersonalData
from final.core.resources import Resources

COLUMNS: tuple[Any, ...] = (
    col(UserBook.book_id).label("id"),
    col(Book.isbn),
    col(Book.title),
    col(Book.author),
    col(UserBook.status),
    col(UserBook.progress),
    col(UserBook.rating),
    col(UserBook.review_text),
    col(UserBook.reviewed_at),
    col(UserBook.date_added),
    col(UserBook.updated_at),
)


def select_shelf(user_id: int) -> Select[Any]:
    """Select the books on somebody's shelf, with what they think of them."""
    joined = Select[Any](*COLUMNS).join(Book, col(Book.id) == UserBook.book_id)
    return joined.where(col(UserBook.user_id) == user_id)


async def erase(session: AsyncSession, resources: Resources, _user_id: int, _heir: int) -> None:
    """Have the catalogue forget the ratings: the shelf itself goes with the account."""
    on_commit(session, resources.cache.invalidate, "books")


BOOKS = PersonalData("books", select_shelf, erase)
