"""A whole shelf, in and out."""

import csv
from collections.abc import AsyncIterator, Container, Iterable
from contextlib import suppress
from io import StringIO
from itertools import islice
from typing import Any, BinaryIO

import anyio
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.errors import AlreadyInLibrary, NoIsbn, NotInCatalogue, RuleBroken
from final.books.isbn import to_isbn13
from final.books.library.csv_files.reader import ShelfRow, read_rows
from final.books.library.csv_files.schemas import RowResult
from final.books.library.queries import find_books, find_shelved, select_exported
from final.books.library.service import apply_changes
from final.books.models import ReadingStatus, UserBook
from final.books.schemas import LibraryAdd
from final.core.database.batches import read_in_batches
from final.core.database.engine import Database, utcnow
from final.core.database.upsert import insert_all_unless_taken
from final.core.errors import AppError
from final.core.text.cells import harmless_cells

# So many rows share a transaction; then others have their turn to write.
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


async def import_rows(
    database: Database, user_id: int, file: BinaryIO
) -> AsyncIterator[list[RowResult]]:
    """Put the books of a file on somebody's shelf; yield the results of each committed group."""
    rows = read_rows(file)
    count = 1
    while group := await anyio.to_thread.run_sync(list, islice(rows, BATCH)):
        async with database.transaction_of_many() as session:
            results = await import_group(session, user_id, dict(enumerate(group, count)))
        yield results
        count += len(group)


async def import_group(
    session: AsyncSession, user_id: int, rows: dict[int, ShelfRow]
) -> list[RowResult]:
    """Put what can be put on the shelf there, and say of each row what became of it."""
    isbns = {number: find_isbn(row) for number, row in rows.items()}
    books = await find_books(session, isbns.values())
    shelved = await find_shelved(session, user_id, books.values())
    entries: dict[int, UserBook | AppError] = {}
    for number, row in rows.items():
        entries[number] = make_entry(user_id, row, isbns[number], books, shelved)
    new = [e.model_dump(exclude={"id"}) for e in entries.values() if isinstance(e, UserBook)]
    stored = await insert_all_unless_taken(session, UserBook, new, "book_id", "book_id")
    return [describe(number, rows[number], entry, stored) for number, entry in entries.items()]


def make_entry(
    user_id: int, row: ShelfRow, isbn: str | None, books: dict[str, int], shelved: set[int]
) -> UserBook | AppError:
    """Describe a book on the shelf, or say why it cannot stand there."""
    if isbn is None:
        return NoIsbn()
    if isbn not in books:
        return NotInCatalogue(f"ISBN {isbn} is not in the catalogue")
    if books[isbn] in shelved:
        return AlreadyInLibrary()
    entry = UserBook(user_id=user_id, book_id=books[isbn])
    try:
        apply_changes(entry, LibraryAdd(**row.values).model_dump(exclude_unset=True))
    except ValidationError:
        return RuleBroken()
    except AppError as error:
        return error
    entry.date_added = min(row.added_at or entry.date_added, utcnow())
    shelved.add(entry.book_id)
    return entry


def describe(
    number: int, row: ShelfRow, entry: UserBook | AppError, stored: Container[int]
) -> RowResult:
    """Say what became of a row."""
    result = RowResult(row=number, status="error", title=row.title[:300], warnings=row.warnings)
    if isinstance(entry, UserBook):
        if entry.book_id in stored:
            return result.model_copy(update={"status": "ok", "book_id": entry.book_id})
        entry = AlreadyInLibrary()  # put there by another request at the same moment
    return result.model_copy(update={"code": entry.status, "detail": entry.message})


def find_isbn(row: ShelfRow) -> str | None:
    """Return the first of the row's numbers that is an ISBN."""
    for number in row.isbns:
        with suppress(ValueError):
            return to_isbn13(number)
    return None


async def export_rows(database: Database, user_id: int) -> AsyncIterator[str]:
    """Write somebody's shelf in the columns of Goodreads, which StoryGraph reads as well."""
    yield write([HEADER])
    async for rows in read_in_batches(database, select_exported(user_id), BATCH):
        yield write(map(cells, rows))


def cells(row: Any) -> list[str]:
    """Return the cells of a row, in the order of the header."""
    return harmless_cells(
        row.title,
        row.author,
        row.isbn,
        str(row.rating or 0),
        row.date_added.strftime("%Y/%m/%d"),
        SHELVES[row.status],
        row.review_text or "",
        str(row.progress),
    )


def write(rows: Iterable[list[str]]) -> str:
    """Write rows of comma-separated values."""
    lines = StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue()
