"""Reading the catalogue: columns, not entities."""

from functools import lru_cache
from typing import Any, Literal

from sqlmodel import and_, col
from sqlmodel.sql.expression import Select

from final.books.models import Book, ReadingStatus, UserBook
from final.books.schemas import BookPublic
from final.core.database.text_search import contains
from final.core.search_text import search_form

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
# Columns, not entities: what is shown is all that is read.
COLUMNS = [getattr(Book, field) for field in BookPublic.model_fields]


@lru_cache
def select_books(
    genre: str | None = None,
    author: str | None = None,
    title: str | None = None,
    year: int | None = None,
    sort: BookSort = "id",
) -> Select[Any]:
    """Select books that meet every condition given, in a total order."""
    query = Select[Any](*COLUMNS).order_by(*order(sort))
    if genre:
        query = query.where(Book.genre_key == search_form(genre))
    if author:
        query = query.where(contains(Book.author_key, search_form(author)))
    if title:
        query = query.where(contains(Book.title_key, search_form(title)))
    if year is not None:
        query = query.where(Book.publication_year == year)
    return query


def order(sort: BookSort) -> list[Any]:
    """Return what to sort by: texts ignoring case, what is unknown last, equals by id."""
    field = sort.removeprefix("-")
    column = col(getattr(Book, f"{field}_key" if field in CASEFOLDED else field))
    direction = column.desc() if sort.startswith("-") else column.asc()
    return [direction.nulls_last(), col(Book.id)]


def published() -> Any:
    """Join a book with what counts in public: the opinions of those who have completed it."""
    completed = UserBook.status == ReadingStatus.COMPLETED
    return and_(col(UserBook.book_id) == col(Book.id), completed)
