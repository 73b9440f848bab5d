"""Bookmark files as every browser writes and reads them (Netscape bookmark file, HTML).

Beside what browsers know, an entry says its date to the microsecond, so that a file that comes
back is exactly what went out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from final.links.errors import TooManyBookmarks
from final.links.schemas import LinkSaved

HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
"""
FOOT = "</DL><p>\n"
# An entry takes some milliseconds to save; more of them would outlast a proxy's patience.
MAX_BOOKMARKS = 5000


@dataclass(frozen=True)
class Bookmark:
    """One entry of a bookmark file, not yet checked."""

    url: str
    title: str
    description: str | None
    tags: list[str]
    created_at: datetime | None


def write_bookmarks(links: Iterable[LinkSaved]) -> Iterator[str]:
    """Write a bookmark file, piece by piece."""
    yield HEAD
    for link in links:
        yield (
            f'    <DT><A HREF="{quote(link.url)}" ADD_DATE="{int(link.created_at.timestamp())}"'
            f' CREATED_AT="{link.created_at.isoformat()}" TAGS="{quote(",".join(link.tags))}">'
            f"{quote(link.title or link.url)}</A>\n"
        )
        if link.description:
            yield f"    <DD>{quote(link.description)}\n"
    yield FOOT


def quote(text: str) -> str:
    """Escape a text; line breaks too, for a line of the file is an entry."""
    return escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


def read_bookmarks(file: bytes) -> list[Bookmark]:
    """Read the entries of a bookmark file, folders or not, or raise `TooManyBookmarks`."""
    # lxml: the time that html.parser takes for a file made to be slow grows with its square.
    soup = BeautifulSoup(file.decode("utf-8-sig", "replace"), "lxml")
    anchors = soup.find_all("a", href=True, limit=MAX_BOOKMARKS + 1)
    if len(anchors) > MAX_BOOKMARKS:
        raise TooManyBookmarks
    return [read_entry(anchor) for anchor in anchors]


def read_entry(anchor: Tag) -> Bookmark:
    """Read one entry."""
    attributes: dict[str, Any] = anchor.attrs
    url = str(attributes["href"]).strip()
    tags = (tag.strip() for tag in str(attributes.get("tags", "")).split(","))
    return Bookmark(
        url=url,
        title=anchor.get_text().strip() or url,
        description=read_description(anchor),
        tags=[tag for tag in tags if tag],
        created_at=read_date(attributes),
    )


def read_description(anchor: Tag) -> str | None:
    """Read the text that follows an entry before anything else does."""
    after = anchor.find_next(["a", "dd", "dt", "h3"])
    if not isinstance(after, Tag) or after.name != "dd":
        return None
    text = ""
    for child in after.children:
        if not isinstance(child, NavigableString):
            break
        text += child
    return text.strip() or None


def read_date(attributes: dict[str, Any]) -> datetime | None:
    """Read when an entry was made; a date that makes no sense is none."""
    try:
        if exact := attributes.get("created_at"):
            return datetime.fromisoformat(str(exact)).astimezone(UTC)
        return datetime.fromtimestamp(int(attributes["add_date"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
