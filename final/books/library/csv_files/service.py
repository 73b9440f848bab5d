"""A whole shelf, in and out."""

import csv
import re
from collections.abc import AsyncIterator, Iterable
from io import StringIO

from pydantic import ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.isbn import to_isbn13
from final.books.library.csv_files.reader import ShelfRow
from final.books.library.csv_files.schemas import RowResult
from final.books.library.service import add_to_library
from final.books.models import Book, ReadingStatus, UserBook
from final.books.schemas import LibraryAdd
from final.core.database.engine import Database, utcnow
from final.core.errors import AppError

# After so many rows others have their turn to write.
BATCH = 100
HEADER = [
    "Title",
    "Author",
    "ISBN13",
    "My Rating",
    "Date Added",
    "Exclusive Shelf",
    "My Review",
    "Progress",
]
SHELVES = {
    ReadingStatus.COMPLETED: "read",
    ReadingStatus.READING: "currently-reading",
    ReadingStatus.WISHLIST: "to-read",
}
# A spreadsheet takes a cell that begins like this for a formula; an apostrophe keeps it from that.
FORMULA = re.compile(r"'*[=+\-@\t\r]")


async def import_rows(
    session: AsyncSession, user_id: int, rows: Iterable[ShelfRow]
) -> list[RowResult]:
    """Put the books of a file on somebody's shelf; each row has a result of its own."""
    results = []
    for number, row in enumerate(rows, 1):
        results.append(await import_row(session, user_id, number, row))
        if number % BATCH == 0:
            await session.commit()
    return results


async def import_row(session: AsyncSession, user_id: int, number: int, row: ShelfRow) -> RowResult:
    """Put one book on the shelf, or say why not."""
    result = RowResult(row=number, status="error", title=row.title[:300], warnings=row.warnings)
    try:
        isbn = find_isbn(row)
    except ValueError:
        return result.model_copy(update={"code": 422, "detail": "The row has no valid ISBN"})
    book_id = (await session.exec(select(Book.id).where(Book.isbn == isbn))).first()
    if book_id is None:
        missing = {"code": 404, "detail": f"ISBN {isbn} is not in the catalogue"}
        return result.model_copy(update=missing)
    try:
        entry = await add_to_library(session, user_id, book_id, LibraryAdd(**row.values))
    except AppError as error:
        return result.model_copy(update={"code": error.status, "detail": error.message})
    except ValidationError:
        return result.model_copy(update={"code": 422, "detail": "The row breaks a rule"})
    if row.added_at:
        entry.date_added = min(row.added_at, utcnow())
        session.add(entry)
    return result.model_copy(update={"status": "ok", "book_id": book_id})


def find_isbn(row: ShelfRow) -> str:
    """Return the first of the row's numbers that is an ISBN, or raise `ValueError`."""
    for number in row.isbns:
        try:
            return to_isbn13(number)
        except ValueError:
            continue
    raise ValueError("no ISBN")


async def export_rows(database: Database, user_id: int) -> AsyncIterator[str]:
    """Write somebody's shelf in the columns of Goodreads, which StoryGraph reads as well."""
    yield write([HEADER])
    last = 0
    while True:
        query = select(UserBook, Book).join(Book, col(Book.id) == UserBook.book_id)
        query = query.where(UserBook.user_id == user_id, UserBook.book_id > last)
        async with database.session() as session:
            rows = (await session.exec(query.order_by(col(UserBook.book_id)).limit(BATCH))).all()
        if not rows:
            return
        yield write(cells(entry, book) for entry, book in rows)
        last = rows[-1][1].id


def cells(entry: UserBook, book: Book) -> list[str]:
    """Return the cells of a row, none of which a spreadsheet would run."""
    values = (
        book.title,
        book.author,
        book.isbn,
        str(entry.rating or 0),
        entry.date_added.strftime("%Y/%m/%d"),
        SHELVES[entry.status],
        entry.review_text or "",
        str(entry.progress),
    )
    return [f"'{value}" if FORMULA.match(value) else value for value in values]


def write(rows: Iterable[list[str]]) -> str:
    """Write rows of comma-separated values."""
    lines = StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue()
