"""The tables."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlmodel import Field, Relationship, SQLModel


class Status(StrEnum):
    """How far a reader has got with a book."""

    READING = "Reading"
    COMPLETED = "Completed"
    WISHLIST = "Wishlist"


class User(SQLModel, table=True):
    """Somebody with an account."""

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    email: str = Field(unique=True)
    hashed_password: str
    is_active: bool = True
    is_admin: bool = False


class Book(SQLModel, table=True):
    """A book of the catalogue."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    author: str
    isbn: str = Field(unique=True)
    genre: str | None = None
    publication_year: int | None = None


class UserBook(SQLModel, table=True):
    """A book on somebody's shelf: at most once, and gone when either of the two goes."""

    user_id: int = Field(default=None, foreign_key="user.id", primary_key=True, ondelete="CASCADE")
    book_id: int = Field(default=None, foreign_key="book.id", primary_key=True, ondelete="CASCADE")
    status: Status = Status.WISHLIST
    rating: int | None = None
    review_text: str | None = None
    date_added: datetime = Field(default_factory=lambda: datetime.now(UTC))

    user: User = Relationship()
    book: Book = Relationship()
