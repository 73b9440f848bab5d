"""Making a bookmark fit: what is too long or too much is cut, and the result says so."""

from dataclasses import dataclass, field
from datetime import datetime

from final.core.database.engine import utcnow
from final.core.fields import is_blank
from final.links.addresses.urls import Address
from final.links.bookmark_files.reader import Bookmark
from final.links.fields import MAX_DESCRIPTION, MAX_TAG, MAX_TAGS, MAX_TITLE, distinct


@dataclass
class Draft:
    """A link as it can be stored; it gets its number when it is."""

    url: Address
    title: str | None
    description: str | None
    tags: list[str]
    created_at: datetime
    is_private: bool
    link_id: int = 0
    warnings: list[str] = field(default_factory=list)

    def cut(self, name: str, text: str | None, length: int) -> str | None:
        """Return a text that is no longer than it may be; one that shows nothing is none."""
        if text is None or all(map(is_blank, text)):
            return None
        if len(text) <= length:
            return text
        self.warn(f"{name}: cut to {length} characters")
        return text[:length].strip()

    def warn(self, problem: str) -> None:
        """Say once what was lost."""
        if problem not in self.warnings:
            self.warnings.append(problem)


def fit(bookmark: Bookmark, *, with_folders: bool, is_private: bool) -> Draft:
    """Make a bookmark fit, or raise `ValueError` for an address that may not be stored."""
    draft = Draft(
        url=Address.read(bookmark.url),
        title=None,
        description=None,
        tags=[],
        created_at=min(bookmark.created_at or utcnow(), utcnow()),
        is_private=is_private if bookmark.is_private is None else bookmark.is_private,
    )
    draft.title = draft.cut("title", bookmark.title, MAX_TITLE)
    draft.description = draft.cut("description", bookmark.description, MAX_DESCRIPTION)
    folders = [name.replace(",", " ").lower() for name in bookmark.folders]
    draft.tags = fit_tags(draft, bookmark.tags + (folders if with_folders else []))
    return draft


def fit_tags(draft: Draft, names: list[str]) -> list[str]:
    """Return as many tags as an entry may have, each no longer than it may be."""
    tags: dict[str, str] = {}
    for name in names:
        if tag := draft.cut("tags", " ".join(name.split()), MAX_TAG):
            tags.setdefault(tag.lower(), tag)
    if len(tags) > MAX_TAGS:
        draft.warn(f"tags: only the first {MAX_TAGS} are kept")
    return distinct(list(tags.values())[:MAX_TAGS])
