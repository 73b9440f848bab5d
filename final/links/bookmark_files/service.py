"""Bookmarks in and out, in groups: in constant memory, and with a turn for everybody else."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TypeAlias

import anyio
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.batches import read_in_batches
from final.core.database.engine import Database
from final.core.database.upsert import insert_all_unless_taken
from final.core.errors import AppError, Unprocessable
from final.links.addresses.site import Site
from final.links.addresses.urls import url_hash
from final.links.bookmark_files.fitting import Draft, fit
from final.links.bookmark_files.reader import Bookmark, read_bookmarks
from final.links.bookmark_files.schemas import ImportResult
from final.links.bookmark_files.writer import FOOT, HEAD, write_bookmark
from final.links.errors import AlreadySaved
from final.links.models import UserLink, UserLinkTag
from final.links.queries import find_saved_urls, select_saved, view_saved
from final.links.service import describe_link, insert_entries, insert_links

# So many entries share a transaction: enough to be quick, few enough to let others in between.
GROUP = 100

Outcome: TypeAlias = Draft | AppError | ValueError


@dataclass(frozen=True)
class Importer:
    """Brings bookmarks into somebody's list: every one gets a result, and a bad one stops nobody.

    A URL that was in the list before the import is an error.
    """

    database: Database
    site: Site
    user_id: int
    with_folders: bool
    is_private: bool

    async def run(self, file: BinaryIO) -> AsyncIterator[list[ImportResult]]:
        """Import a file; yield the results of each group as soon as it is committed."""
        bookmarks = await anyio.to_thread.run_sync(read_bookmarks, file)
        known_until, count = await self.find_last_entry(), 0
        while group := await anyio.to_thread.run_sync(next_group, bookmarks):
            async with self.database.transaction_of_many() as session:
                outcomes = await self.import_group(session, group, known_until)
            yield [describe(index, outcome) for index, outcome in enumerate(outcomes, count + 1)]
            count += len(outcomes)

    async def find_last_entry(self) -> int:
        """Return the number of the last entry that is in the list now."""
        last = select(func.max(UserLink.id)).where(UserLink.user_id == self.user_id)
        async with self.database.session() as session:
            return await session.scalar(last) or 0

    async def import_group(
        self, session: AsyncSession, group: list[Bookmark], known_until: int
    ) -> list[Outcome]:
        """Save what can be saved of a group, and say of each bookmark what became of it."""
        hashes = [url_hash(bookmark.url) for bookmark in group]
        known = await find_saved_urls(session, self.user_id, hashes, known_until)
        pairs = zip(group, hashes, strict=True)
        outcomes = [self.check(bookmark, digest in known) for bookmark, digest in pairs]
        drafts = [outcome for outcome in outcomes if isinstance(outcome, Draft)]
        await save_drafts(session, self.site, self.user_id, drafts)
        return outcomes

    def check(self, bookmark: Bookmark, is_known: bool) -> Outcome:
        """Make a bookmark fit, or say why it cannot be stored."""
        try:
            if is_known:
                raise AlreadySaved
            draft = fit(bookmark, with_folders=self.with_folders, is_private=self.is_private)
            self.site.ensure_not_own_address(draft.url)
        except (AppError, ValueError) as error:
            return error
        return draft


def next_group(bookmarks: Iterator[Bookmark]) -> list[Bookmark]:
    """Read some more bookmarks."""
    return list(islice(bookmarks, GROUP))


def describe(index: int, outcome: Outcome) -> ImportResult:
    """Say what became of one bookmark."""
    if isinstance(outcome, Draft):
        return ImportResult(
            index=index, status="ok", id=outcome.link_id, url=outcome.url, warnings=outcome.warnings
        )
    if isinstance(outcome, AppError):
        code, detail = outcome.status, outcome.message
    else:
        code, detail = Unprocessable.status, f"url: {outcome}"
    return ImportResult(index=index, status="error", code=code, detail=detail)


async def save_drafts(session: AsyncSession, site: Site, user_id: int, drafts: list[Draft]) -> None:
    """Save links of one's own, with a statement for all of them per table."""
    await save_links(session, site, user_id, drafts)
    entries = [
        {
            "user_id": user_id,
            "link_id": draft.link_id,
            "title": draft.title,
            "description": draft.description,
            "is_private": draft.is_private,
        }
        for draft in drafts
    ]
    numbers = await insert_entries(session, entries)
    tags = [
        {"user_link_id": numbers[draft.link_id], "name": tag}
        for draft in drafts
        for tag in draft.tags
    ]
    await insert_all_unless_taken(session, UserLinkTag, tags, "user_link_id", "name")


async def save_links(session: AsyncSession, site: Site, user_id: int, drafts: list[Draft]) -> None:
    """Save the links, each under a new short code; one that is taken is drawn again."""
    while drafts:
        rows = [
            describe_link(
                site,
                draft.url,
                user_id=user_id,
                created_at=draft.created_at,
                is_public=not draft.is_private,
            )
            for draft in drafts
        ]
        numbers = await insert_links(session, rows)
        for draft, row in zip(drafts, rows, strict=True):
            draft.link_id = numbers.pop(row["key"], 0)
        drafts = [draft for draft in drafts if not draft.link_id]


async def export_bookmarks(database: Database, site: Site, user_id: int) -> AsyncIterator[str]:
    """Write somebody's whole list as a bookmark file, piece by piece."""
    yield HEAD
    async for rows in read_in_batches(database, select_saved(user_id), GROUP):
        yield "".join(write_bookmark(view_saved(site, row)) for row in rows)
    yield FOOT
