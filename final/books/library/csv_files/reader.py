"""Reading the files of Goodreads and StoryGraph: one row for each book, whatever the columns."""

import csv
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import IncrementalNewlineDecoder, StringIO
from itertools import chain
from typing import Any, BinaryIO

from final.books.errors import NotAShelf
from final.books.models import ReadingStatus
from final.core.text.cells import original_cell
from final.core.text.encoding import read_text

STATUSES = {
    "read": ReadingStatus.COMPLETED,
    "completed": ReadingStatus.COMPLETED,
    "currently-reading": ReadingStatus.READING,
    "reading": ReadingStatus.READING,
    "paused": ReadingStatus.READING,
    "to-read": ReadingStatus.WISHLIST,
    "wishlist": ReadingStatus.WISHLIST,
}
MAX_REVIEW = 2000
# Without one of these no row could be found in the catalogue.
ISBN_COLUMNS = ("isbn13", "isbn", "isbn/uid")
# What stands between the cells; a spreadsheet may say it in a line of its own before the header.
DELIMITERS = ",;\t"
SAID = re.compile(r"\s*sep=(.)\s*\n", re.IGNORECASE)
# A review may be longer than Python's usual limit, which is for all files of the process.
MAX_LINE = 16 * 1024 * 1024
csv.field_size_limit(MAX_LINE)
# Goodreads wraps numbers so that spreadsheets leave their zeros alone: ="0141439513". Others make
# them numbers with a fraction.
WRAPPED = re.compile(r'^="?|"$|\.0$')
TAG = re.compile(r"<[^>]*>")
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
DATES = ("%Y/%m/%d", "%Y-%m-%d", "%d.%m.%Y")


@dataclass
class ShelfRow:
    """One row, in our words."""

    title: str
    isbns: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    added_at: datetime | None = None
    warnings: list[str] = field(default_factory=list)


def read_rows(file: BinaryIO) -> Iterator[ShelfRow]:
    """Read the rows of a file one after another; a column that is missing is empty.

    Raise `NotAShelf` before the first row, whatever is wrong and where.
    """
    try:
        for _ in open_table(file).reader:
            pass
    except csv.Error:
        raise NotAShelf from None
    for row in open_table(file):
        yield read_row(read_cells(row))


def open_table(file: BinaryIO) -> "csv.DictReader[str]":
    """Begin to read a table with a column of ISBNs, or raise `NotAShelf`."""
    lines = read_lines(file)
    header = next(filter(str.strip, lines), "")
    if said := SAID.match(header):
        header = next(lines, "")
    delimiter = said[1] if said else max(DELIMITERS, key=header.count)
    table = csv.DictReader(chain([header], lines), delimiter=delimiter)
    if not {name.strip().lower() for name in table.fieldnames or ()} & set(ISBN_COLUMNS):
        raise NotAShelf
    return table


def read_lines(file: BinaryIO) -> Iterator[str]:
    """Read the lines of a file from its beginning, in memory that does not grow with it."""
    whole = IncrementalNewlineDecoder(None, translate=False)
    parts: list[str] = []
    for text in chain(read_text(file), [""]):
        for part in StringIO(whole.decode(text.replace("\0", ""), final=not text), newline=""):
            parts.append(part)
            if part.endswith(("\r", "\n")):
                yield "".join(parts)
                parts.clear()
        if sum(map(len, parts)) > MAX_LINE:
            raise NotAShelf
    yield "".join(parts)


def read_cells(row: dict[str | Any, str | Any]) -> dict[str, str]:
    """Return the cells of a row by the names of their columns."""
    return {
        name.strip().lower(): original_cell((cell or "").strip())
        for name, cell in row.items()
        if name and isinstance(cell, str | None)
    }


def read_status(cells: dict[str, str], warnings: list[str]) -> ReadingStatus:
    """Read on which shelf the book stands."""
    word = (cells.get("exclusive shelf") or cells.get("read status") or "to-read").lower()
    if word not in STATUSES:
        warnings.append(f"the status {word[:50]!r} is unknown here; taken for Wishlist")
    return STATUSES.get(word, ReadingStatus.WISHLIST)


def read_opinion(cells: dict[str, str], warnings: list[str]) -> dict[str, Any]:
    """Read rating and review, as far as there are any."""
    rating = read_rating(cells.get("my rating") or cells.get("star rating") or "", warnings)
    review = read_review(cells.get("my review") or cells.get("review") or "", warnings)
    opinion = {"rating": rating, "review_text": review}
    return {name: value for name, value in opinion.items() if value is not None}


def read_row(cells: dict[str, str]) -> ShelfRow:
    """Read one row."""
    isbns = [WRAPPED.sub("", cells.get(name, "")) for name in ISBN_COLUMNS]
    row = ShelfRow(cells.get("title", ""), [isbn for isbn in isbns if isbn])
    status = row.values["status"] = read_status(cells, row.warnings)
    opinion = read_opinion(cells, row.warnings)
    if status is ReadingStatus.COMPLETED:
        row.values |= opinion
    elif any(opinion.values()):
        row.warnings.append("rating and review are left out: the book is not Completed")
    row.added_at = read_date(cells.get("date added", ""), row.warnings)
    return row


def read_rating(text: str, warnings: list[str]) -> int | None:
    """Read stars; half ones are rounded up, and no stars are no rating."""
    try:
        stars = float(text.replace(",", "."))
    except ValueError:
        return None
    if not 0 < stars <= 5:
        return None
    rating = max(1, int(stars + 0.5))
    if rating != stars:
        warnings.append(f"{text} stars became {rating}")
    return rating


def read_review(text: str, warnings: list[str]) -> str | None:
    """Read a review: Goodreads writes HTML, of which the words and the lines are kept."""
    plain = html.unescape(TAG.sub("", BREAK.sub("\n", text)))
    plain = "".join(c for c in plain if c in "\n\t" or c.isprintable()).strip()
    if len(plain) > MAX_REVIEW:
        warnings.append(f"the review was cut to {MAX_REVIEW} characters")
    return plain[:MAX_REVIEW].strip() or None


def read_date(text: str, warnings: list[str]) -> datetime | None:
    """Read a day; one that makes no sense, or may mean another one, is none."""
    for form in DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    if text:
        warnings.append(f"the date {text[:50]!r} is not clear; taken for today")
    return None
