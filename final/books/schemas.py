"""What goes into and comes out of the routes of the catalogue and of the shelves."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from final.books.isbn import Isbn
from final.books.models import ReadingStatus
from final.core.database.engine import utcnow
from final.core.fields import NO_BOOLEAN, Change, Line, example, has_ink, no_odd_controls

YEARS_AHEAD = 5
# The default of a field that may be left out, but that null is no value for.
LEFT_OUT: Any = None


def not_far_ahead(year: int) -> int:
    """Refuse a year in which nothing has been announced yet."""
    if year > utcnow().year + YEARS_AHEAD:
        raise ValueError(f"must not be more than {YEARS_AHEAD} years ahead")
    return year


Title = Annotated[
    Line,
    StringConstraints(min_length=1, max_length=300),
    Field(description="Title of the book.", examples=["Nineteen Eighty-Four"]),
]
Author = Annotated[
    Line,
    StringConstraints(min_length=1, max_length=200),
    Field(description="Whoever wrote it.", examples=["George Orwell"]),
]
Genre = Annotated[
    Line,
    StringConstraints(min_length=1, max_length=50),
    Field(description="Kind of book.", examples=["Dystopia"]),
]
Year = Annotated[
    int,
    Field(ge=1, description="Year of publication, at most five years ahead.", examples=[1949]),
    NO_BOOLEAN,
    AfterValidator(not_far_ahead),
]
Status = Annotated[
    ReadingStatus, Field(description="How far the reader has got.", examples=["Completed"])
]
Rating = Annotated[
    int, Field(ge=1, le=5, description="1 (worst) to 5 (best).", examples=[5]), NO_BOOLEAN
]
ReviewText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(no_odd_controls),
    AfterValidator(has_ink),
    Field(description="What the reader thinks of it.", examples=["Chilling, and still true."]),
]
Progress = Annotated[
    int, Field(ge=0, le=100, description="Percent read.", examples=[100]), NO_BOOLEAN
]
Moment = Annotated[datetime, Field(examples=["2026-01-31T12:00:00Z"])]

BOOK: dict[str, JsonValue] = {
    "title": "Nineteen Eighty-Four",
    "author": "George Orwell",
    "isbn": "978-0-451-52493-5",
    "genre": "Dystopia",
    "publication_year": 1949,
}
READ: dict[str, JsonValue] = {
    "status": "Completed",
    "rating": 5,
    "review_text": "Chilling, and still true.",
    "progress": 100,
}


class BookCreate(BaseModel):
    """A book as an administrator enters it."""

    model_config = example(BOOK)

    title: Title
    author: Author
    isbn: Isbn
    genre: Genre | None = None
    publication_year: Year | None = None


class BookReplace(BookCreate, Change):
    """A book that takes the place of what was there."""

    model_config = example(BOOK)


class BookUpdate(Change):
    """Changes to a book: only what is sent is changed."""

    model_config = example({"genre": "Satire"})

    title: Title = LEFT_OUT
    author: Author = LEFT_OUT
    isbn: Isbn = LEFT_OUT
    genre: Genre | None = None
    publication_year: Year | None = None


class BookPublic(BaseModel):
    """A book of the catalogue."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="The number of the book.", examples=[1])
    title: str = Field(description="Title of the book.", examples=["Nineteen Eighty-Four"])
    author: str = Field(description="Whoever wrote it.", examples=["George Orwell"])
    isbn: str = Field(description="ISBN-13 without hyphens.", examples=["9780451524935"])
    genre: str | None = Field(description="Kind of book.", examples=["Dystopia"])
    publication_year: int | None = Field(description="Year of publication.", examples=[1949])
    created_at: Moment = Field(description="When it entered the catalogue.")
    updated_at: Moment = Field(description="When its entry last changed.")


class BookDetail(BookPublic):
    """A book and what its readers think of it."""

    average_rating: float | None = Field(
        description="Mean of all ratings, to two decimals; null without any.", examples=[4.25]
    )
    ratings_count: int = Field(description="How many readers have rated it.", examples=[4])


class ReviewPublic(BaseModel):
    """What a reader has written about a book."""

    model_config = ConfigDict(from_attributes=True)

    username: str | None = Field(
        description="Who wrote it; null once the account is deactivated.", examples=["ada"]
    )
    rating: Rating | None
    review_text: str = Field(description="The review.", examples=["Chilling, and still true."])
    date: Moment = Field(description="When the review was written or last changed.")


class LibraryAdd(BaseModel):
    """How a book is put on the shelf."""

    model_config = example(READ)

    status: Status = ReadingStatus.WISHLIST
    rating: Rating | None = None
    review_text: ReviewText | None = None
    progress: Progress = 0


class LibraryUpdate(Change):
    """Changes to a book on the shelf: only what is sent is changed."""

    model_config = example({"status": "Reading", "progress": 42})

    status: Status = LEFT_OUT
    rating: Rating | None = None
    review_text: ReviewText | None = None
    progress: Progress = LEFT_OUT


class LibraryBook(BaseModel):
    """A book on the shelf of its reader."""

    model_config = ConfigDict(from_attributes=True)

    book_id: int = Field(description="The number of the book.", examples=[1])
    book: BookPublic = Field(description="The book.")
    status: Status
    rating: Rating | None
    review_text: str | None = Field(
        description="What the reader thinks of it.", examples=["Chilling, and still true."]
    )
    progress: Progress
    date_added: Moment = Field(description="When the book was put on the shelf.")
    updated_at: Moment = Field(description="When anything here last changed.")
