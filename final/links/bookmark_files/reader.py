"""Reading bookmark files: one bookmark for each entry, whatever stands around and inside it.

No parser of HTML takes part. To one, a `<script>` or `<textarea>` that somebody wrote about without
escaping it is an element that swallows the rest of the file. Here the text is cut where entries,
folders and lists begin, and what stands between two cuts can spoil only itself.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import BinaryIO

from final.core.text.encoding import read_text
from final.links.bookmark_files.markup import (
    one_line,
    plain_text,
    read_attributes,
    without_trailer,
)
from final.links.errors import NoBookmarkFile

# No entry is longer, icon included; what is beyond is dropped, so that memory stays bounded.
MAX_ENTRY = 2 * 1024 * 1024
MAX_TEXT = 20_000
# More than any mark is long: how much of a piece may be the beginning of one.
OVERLAP = 512
# A bookmark file shows by then what it is.
MAX_PROLOGUE = 1024 * 1024
BLANK = r"\s{0,100}+"
ITEM = rf"<dt\b[^<>]{{0,100}}+>{BLANK}"
LISTED = rf"<li\b[^<>]{{0,100}}+>{BLANK}"
MARK = re.compile(rf"{ITEM}(?=<(a|h[1-6])\b)|<(/?dl)\b", re.IGNORECASE)
# What Pocket and Instapaper write has lists of another kind.
LIST_MARK = re.compile(rf"{LISTED}(?=<(a)\b)()", re.IGNORECASE)
# Some write no list at all, only one address after the other.
BARE_MARK = re.compile(r"(?=<(a|h[1-6])\b)|<(/?dl)\b", re.IGNORECASE)
ENTRY = re.compile(rf"({ITEM}<a\b)|({LISTED}<a\b)", re.IGNORECASE)
SIGN = re.compile(rf"(<!doctype\s+netscape-bookmark|{ITEM}<(?:a|h[1-6])\b)|{LISTED}<a\s", re.I)
TITLE_END = re.compile(r"</a\s*>", re.IGNORECASE)
HEADING_END = re.compile(r"</h[1-6]\s*>", re.IGNORECASE)
DESCRIPTION = re.compile(rf"{BLANK}(?:</(?:dt|li)\s*>{BLANK})?<dd\b[^<>]*>", re.IGNORECASE)
YES, NO = ("1", "true", "yes"), ("0", "false", "no")
# Seconds, milliseconds, microseconds and nanoseconds since 1970 are told apart by their size.
UNITS = ((1e11, 1), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))


@dataclass(frozen=True)
class Bookmark:
    """One entry of a bookmark file, not yet checked."""

    url: str
    title: str | None = None
    description: str | None = None
    tags: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    created_at: datetime | None = None
    is_private: bool | None = None


@dataclass(frozen=True)
class Piece:
    """A piece of a bookmark file, from one mark to the next."""

    kind: str
    markup: str
    start: int  # where the element after the mark begins


def read_bookmarks(file: BinaryIO) -> Iterator[Bookmark]:
    """Read the entries of a file one after another, or raise `NoBookmarkFile`."""
    texts = read_text(file)
    prologue = ""
    for text in texts:
        prologue += text
        if len(prologue) > MAX_PROLOGUE:
            break
    sign = SIGN.search(prologue)
    if sign is None:
        raise NoBookmarkFile
    return read_pieces(cut(chain([prologue], texts), mark_of(prologue)))


def mark_of(prologue: str) -> re.Pattern[str]:
    """Return what the entries of a file begin with, by the first of them."""
    entry = ENTRY.search(prologue)
    if entry is None:
        return BARE_MARK
    return MARK if entry[1] else LIST_MARK


def cut(texts: Iterable[str], mark: re.Pattern[str]) -> Iterator[Piece]:
    """Cut a text that comes in parts at its marks; what stands before the first one is dropped."""
    text, kind, start, seen, inner = "", "", 0, 0, 0
    for part in chain(texts, [" " * OVERLAP]):
        text += part
        begin = 0
        for found in mark.finditer(text, seen):
            if found.end() > len(text) - OVERLAP // 2:  # perhaps cut off
                break
            seen = found.end()
            name = (found[1] or found[2]).lower()
            if name == "dl" and is_text(kind, text[begin : found.start()]):
                inner += 1
            elif name == "/dl" and inner:
                inner -= 1
            else:
                yield Piece(kind, text[begin : found.start()], start)
                begin, inner = found.start(), 0
                kind, start = name, found.end() - begin
        text = text[begin:]
        if len(text) > MAX_ENTRY + OVERLAP:
            text = text[:MAX_ENTRY] + text[-OVERLAP:]
        seen = max(min(seen - begin, len(text)), len(text) - OVERLAP, start)
    yield Piece(kind, text, start)


def is_text(kind: str, before: str) -> bool:
    """Tell whether a `<dl>` is what an entry writes about, not a list of entries."""
    return kind == "a" or (kind.startswith("h") and not HEADING_END.search(before))


def read_pieces(pieces: Iterable[Piece]) -> Iterator[Bookmark]:
    """Read the entries among the pieces, each with the folders that it is in."""
    folders: list[str] = []
    heading = ""
    for piece in pieces:
        if piece.kind.startswith("h"):
            heading = read_heading(piece)
        elif piece.kind == "dl":
            folders.append(heading)
            heading = ""
        elif piece.kind == "/dl" and folders:
            folders.pop()
        elif piece.kind == "a" and (entry := read_entry(piece, [name for name in folders if name])):
            yield entry


def read_heading(piece: Piece) -> str:
    """Read the name of a folder."""
    _, start = read_attributes(piece.markup, piece.start + len("<h3"))
    end = HEADING_END.search(piece.markup, start)
    return one_line(plain_text(piece.markup[start : end.start() if end else start]))


def read_entry(piece: Piece, folders: list[str]) -> Bookmark | None:
    """Read one entry; one that leads nowhere is none."""
    markup = piece.markup
    attributes, start = read_attributes(markup, piece.start + len("<a"))
    if "href" not in attributes:
        return None
    title, description = split_texts(markup, start)
    return Bookmark(
        url=read_url(attributes["href"]),
        title=one_line(plain_text(title[:MAX_TEXT])) or None,
        description=plain_text(without_trailer(description[:MAX_TEXT])).strip() or None,
        tags=[tag for name in attributes.get("tags", "").split(",") if (tag := one_line(name))],
        folders=folders,
        created_at=read_date(attributes),
        is_private=read_privacy(attributes),
    )


def split_texts(markup: str, start: int) -> tuple[str, str]:
    """Return the markup of an entry's title and description."""
    end = TITLE_END.search(markup, start)
    if end is None:  # never closed
        title, _, description = markup[start:].partition("<DD>")
        return without_trailer(title), description
    begin = DESCRIPTION.match(markup, end.end())
    return markup[start : end.start()], markup[begin.end() :] if begin else ""


def read_url(text: str) -> str:
    """Return an address as browsers read it: without line breaks, its blanks escaped."""
    return re.sub(r"[\t\r\n]", "", text.strip()).replace(" ", "%20")


def read_date(attributes: dict[str, str]) -> datetime | None:
    """Read when an entry was made; a date that makes no sense is none."""
    exact = attributes.get("created_at")
    text = attributes.get("add_date") or attributes.get("time_added") or ""
    try:
        if exact:
            return datetime.fromisoformat(exact).astimezone(UTC)
        if not text.replace(".", "").isdigit():
            return datetime.fromisoformat(text).astimezone(UTC)
        since = float(text)
        unit = next(unit for limit, unit in UNITS if since < limit)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=since / unit) if since else None
    except (ValueError, OverflowError, StopIteration):
        return None


def read_privacy(attributes: dict[str, str]) -> bool | None:
    """Tell whether an entry says that it is private, or that it is not."""
    for name, meaning in (("private", True), ("public", False), ("shared", False)):
        said = attributes.get(name, "").lower()
        if said in YES + NO:
            return meaning if said in YES else not meaning
    return None
