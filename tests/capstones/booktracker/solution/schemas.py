"""What goes in and what comes out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, EmailStr, Field, StringConstraints

from .models import Status

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Rating = Annotated[int, Field(ge=1, le=5)]


class UserCreate(BaseModel):
    """A sign-up."""

    username: Annotated[str, StringConstraints(min_length=3, max_length=50)]
    email: EmailStr
    password: Annotated[str, StringConstraints(min_length=8, max_length=256)]


class UserPublic(BaseModel):
    """An account, without its password."""

    id: int
    username: str
    email: str


class Token(BaseModel):
    """The answer to a log-in."""

    access_token: str
    token_type: str = "bearer"


class BookCreate(BaseModel):
    """A book as an administrator enters it, or replaces it with."""

    title: Text
    author: Text
    isbn: Annotated[str, StringConstraints(pattern=r"^\d{13}$")]
    genre: Text | None = None
    publication_year: Annotated[int, Field(ge=1, le=9999)] | None = None


class BookPublic(BaseModel):
    """A book of the catalogue."""

    id: int
    title: str
    author: str
    isbn: str
    genre: str | None
    publication_year: int | None


class ShelfAdd(BaseModel):
    """How a book is put on the shelf."""

    status: Status = Status.WISHLIST


class ShelfUpdate(BaseModel):
    """What changes about a book on the shelf: only what is sent."""

    status: Status | None = None
    rating: Rating | None = None
    review_text: Annotated[str, StringConstraints(max_length=2000)] | None = None


class ShelfBook(BaseModel):
    """A book on the shelf of its reader."""

    book_id: int
    book: BookPublic
    status: Status
    rating: int | None
    review_text: str | None
    date_added: datetime
