"""Reading the files of Goodreads and StoryGraph: one row for each book, whatever the columns."""

import csv
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from final.books.models import ReadingStatus

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
# Goodreads wraps numbers so that spreadsheets leave their zeros alone: ="0141439513".
WRAPPED = re.compile(r'^="?|"$')
TAG = re.compile(r"<[^>]*>")
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
DATES = ("%Y/%m/%d", "%Y-%m-%d")


@dataclass
class ShelfRow:
    """One row, in our words."""

    title: str
    isbns: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    added_at: datetime | None = None
    warnings: list[str] = field(default_factory=list)


def read_rows(file: bytes) -> Iterator[ShelfRow]:
    """Read the rows of a file; a column that is missing is empty."""
    text = file.decode("utf-8-sig", "replace").replace("\0", "")
    for row in csv.DictReader(StringIO(text, newline="")):
        cells = {
            name.strip().lower(): (cell or "").strip()
            for name, cell in row.items()
            if name and isinstance(cell, str | None)
        }
        yield read_row(cells)


def read_row(cells: dict[str, str]) -> ShelfRow:
    """Read one row."""
    isbns = [WRAPPED.sub("", cells.get(name, "")) for name in ("isbn13", "isbn", "isbn/uid")]
    row = ShelfRow(cells.get("title", ""), [isbn for isbn in isbns if isbn])
    word = (cells.get("exclusive shelf") or cells.get("read status") or "to-read").lower()
    if word not in STATUSES:
        row.warnings.append(f"the status {word[:50]!r} is unknown here; taken for Wishlist")
    status = row.values["status"] = STATUSES.get(word, ReadingStatus.WISHLIST)
    rating = read_rating(cells.get("my rating") or cells.get("star rating") or "", row.warnings)
    review = read_review(cells.get("my review") or cells.get("review") or "", row.warnings)
    opinion = {"rating": rating, "review_text": review}
    if status is ReadingStatus.COMPLETED:
        row.values |= {name: value for name, value in opinion.items() if value is not None}
    elif rating or review:
        row.warnings.append("rating and review are left out: the book is not Completed")
    row.added_at = read_date(cells.get("date added", ""))
    return row


def read_rating(text: str, warnings: list[str]) -> int | None:
    """Read stars; half ones are rounded up, and no stars are no rating."""
    try:
        stars = float(text)
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


def read_date(text: str) -> datetime | None:
    """Read a day; one that makes no sense is none."""
    for form in DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
