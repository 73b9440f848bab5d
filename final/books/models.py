"""The tables of the catalogue and of the shelves."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Enum, Index, Text
from sqlmodel import Field, Relationship, SQLModel

from final.core.database.engine import utcnow

# Compared and sorted by code point, whatever the language of the PostgreSQL server: both
# databases then agree. Folding may lengthen a text, hence no limit.
Casefolded = Text().with_variant(Text(collation="C"), "postgresql")


class ReadingStatus(StrEnum):
    """How far a reader has got with a book."""

    READING = "Reading"
    COMPLETED = "Completed"
    WISHLIST = "Wishlist"


StatusName = Enum(
    ReadingStatus,
    native_enum=False,
    length=20,
    values_callable=lambda statuses: [status.value for status in statuses],
)


class Book(SQLModel, table=True):
    """A book of the catalogue.

    The keys hold title, author and genre in the form in which equal ones are equal, whatever
    their case or Unicode spelling: filters and sorting go by them.
    """

    __table_args__ = (
        *(
            Index(f"ix_book_{column}_id", column, "id")
            for column in ("title_key", "author_key", "genre_key", "publication_year")
        ),
        # SQLite would give the number of a deleted book to the next one.
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, primary_key=True)
    title: str = Field(max_length=300)
    title_key: str = Field(sa_type=Casefolded)
    author: str = Field(max_length=200)
    author_key: str = Field(sa_type=Casefolded)
    isbn: str = Field(max_length=13, unique=True, index=True)
    genre: str | None = Field(default=None, max_length=50)
    genre_key: str | None = Field(default=None, sa_type=Casefolded)
    publication_year: int | None = None
    created_at: datetime = Field(default_factory=utcnow, index=True)
    updated_at: datetime = Field(default_factory=utcnow, sa_column_kwargs={"onupdate": utcnow})


class UserBook(SQLModel, table=True):
    """A book on somebody's shelf: the pair is the key, so it stands there at most once."""

    __tablename__ = "user_book"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="ck_user_book_rating"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="ck_user_book_progress"),
    )

    user_id: int = Field(foreign_key="user.id", ondelete="CASCADE", primary_key=True)
    book_id: int = Field(
        default=None, foreign_key="book.id", ondelete="CASCADE", primary_key=True, index=True
    )
    status: ReadingStatus = Field(
        default=ReadingStatus.WISHLIST, sa_column=Column(StatusName, nullable=False)
    )
    rating: int | None = None
    review_text: str | None = Field(default=None, max_length=2000)
    reviewed_at: datetime | None = None
    progress: int = 0
    date_added: datetime = Field(default_factory=utcnow)
    updated_at: datetime = Field(default_factory=utcnow, sa_column_kwargs={"onupdate": utcnow})

    book: Book = Relationship(sa_relationship_kwargs={"lazy": "raise"})
