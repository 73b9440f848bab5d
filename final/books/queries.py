"""Reading the catalogue: columns, not entities."""

from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import case, func
from sqlmodel import and_, col
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from final.books.models import Book, ReadingStatus, UserBook
from final.books.schemas import BookPublic
from final.books.text_search import BookMayContain
from final.core.database.text_search import contains_text, is_common
from final.core.text.search import search_form
from final.users.models import User

BookSort = Literal[
    "id",
    "-id",
    "title",
    "-title",
    "author",
    "-author",
    "genre",
    "-genre",
    "publication_year",
    "-publication_year",
    "created_at",
    "-created_at",
]
CASEFOLDED = ("title", "author", "genre")
NULLABLE = ("genre", "publication_year")
# Columns, not entities: what is shown is all that is read.
COLUMNS = [getattr(Book, field) for field in BookPublic.model_fields]
REVIEW: tuple[Any, ...] = (
    case((col(User.is_active), col(User.username))).label("username"),
    col(UserBook.rating),
    col(UserBook.review_text),
    col(UserBook.reviewed_at).label("date"),
)


@lru_cache
def select_books(
    genre: str | None = None,
    author: str | None = None,
    title: str | None = None,
    year: int | None = None,
    sort: BookSort = "id",
    common: frozenset[str] = frozenset(),
) -> Select[Any]:
    """Select books that meet every condition given, in a total order.

    Which texts are common, `find_common` says.
    """
    query = Select[Any](*COLUMNS).order_by(*order(sort))
    if genre:
        query = query.where(Book.genre_key == search_form(genre))
    for column, text in ((Book.author_key, author), (Book.title_key, title)):
        if text:
            kind = None if text in common else BookMayContain
            query = query.where(*contains_text(kind, col(Book.id), [col(column)], text))
    if year is not None:
        query = query.where(Book.publication_year == year)
    return query


async def find_common(
    session: AsyncSession, author: str | None, title: str | None
) -> frozenset[str]:
    """Return which of these parts of an author and of a title many books have."""
    parts = ((Book.author_key, author), (Book.title_key, title))
    return frozenset(
        [
            text
            for column, text in parts
            if text and await is_common(session, select_books(), [col(column)], text)
        ]
    )


def order(sort: BookSort) -> list[Any]:
    """Return what to sort by: texts ignoring case, what is unknown last, equals by id."""
    field = sort.removeprefix("-")
    column = col(getattr(Book, f"{field}_key" if field in CASEFOLDED else field))
    direction = column.desc() if sort.startswith("-") else column.asc()
    if field in NULLABLE:  # to say so of others would keep PostgreSQL from their indexes
        direction = direction.nulls_last()
    return [direction, col(Book.id)]


def published() -> Any:
    """Join a book with what counts in public: the opinions of those who have completed it."""
    completed = UserBook.status == ReadingStatus.COMPLETED
    return and_(col(UserBook.book_id) == col(Book.id), completed)


def select_detail(book_id: int) -> Select[Any]:
    """Select a book with the number and mean of its ratings."""
    average = func.round(func.avg(UserBook.rating), 2).label("average_rating")
    count = func.count(col(UserBook.rating)).label("ratings_count")
    query = Select[Any](*COLUMNS, average, count).where(col(Book.id) == book_id)
    return query.outerjoin(UserBook, published()).group_by(col(Book.id))


def select_reviews(book_id: int) -> Select[Any]:
    """Select the reviews of a book, the newest first.

    A deactivated account is invisible everywhere, so its reviews stay without a name.
    """
    query = Select[Any](*REVIEW).select_from(Book).join(UserBook, published())
    query = query.join(User, col(User.id) == col(UserBook.user_id))
    query = query.where(col(Book.id) == book_id, col(UserBook.review_text).is_not(None))
    return query.order_by(col(UserBook.reviewed_at).desc(), col(UserBook.user_id))
