"""Shortening many URLs at the cost of a few, each with the result that it would have alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.upsert import Row
from final.core.errors import AppError
from final.links.addresses.site import Site, casefold_key
from final.links.errors import AliasTaken, AlreadySaved
from final.links.queries import find_saved_urls
from final.links.schemas import ShortenRequest
from final.links.service import insert_entries, insert_links
from final.links.shortener.queries import find_all_shared
from final.links.shortener.service import describe_entry, describe_wish, ensure_allowed


class Shortened(NamedTuple):
    """A link as those are told of it who shorten thousands."""

    id: int
    short_url: str
    short_code: str | None
    alias: str | None


Outcome: TypeAlias = Shortened | AppError


@dataclass
class Wish:
    """A URL that somebody wants shortened, and how far that has come."""

    data: ShortenRequest
    link: Shortened | None = None
    outcome: Outcome | None = None

    @property
    def url_hash(self) -> str:
        """Return what two requests for one URL have in common."""
        return self.data.original_url.hash

    @property
    def key(self) -> str | None:
        """Return the alias as far as it must be unique."""
        return casefold_key(self.data.alias) if self.data.alias else None


async def shorten_all(
    session: AsyncSession, site: Site, user_id: int, requests: Iterable[ShortenRequest]
) -> list[Outcome]:
    """Put short links into somebody's list, as if one request came after the other.

    Raise `AlreadySaved` when the same person saves one of the URLs elsewhere at this moment:
    nothing that was done here may then be kept.
    """
    wishes = [Wish(data, outcome=refusal(site, data)) for data in requests]
    taken: set[str] = set()
    while waiting := [wish for wish in wishes if wish.outcome is None]:
        await mark_saved(session, user_id, waiting)
        chosen = list(independent(waiting, taken))
        await find_or_add(session, site, user_id, chosen)
        await add_entries(session, user_id, chosen)
        taken.update(wish.key for wish in chosen if wish.key)
    return [wish.outcome for wish in wishes if wish.outcome]


def refusal(site: Site, data: ShortenRequest) -> AppError | None:
    """Return why a request is refused without asking the database, if it is."""
    try:
        ensure_allowed(site, data)
    except AppError as error:
        return error
    return None


async def mark_saved(session: AsyncSession, user_id: int, wishes: list[Wish]) -> None:
    """Refuse the URLs that are in the list already."""
    saved = await find_saved_urls(session, user_id, [wish.url_hash for wish in wishes])
    for wish in wishes:
        if wish.url_hash in saved:
            wish.outcome = AlreadySaved()


def independent(wishes: Iterable[Wish], taken: set[str]) -> Iterator[Wish]:
    """Choose the wishes whose outcome does not depend on that of another one before them.

    Those for an alias that was found to be taken have theirs already.
    """
    seen: set[str] = set()
    for wish in wishes:
        if wish.outcome:
            continue
        names = {wish.url_hash}
        if wish.key and wish.key not in taken:
            names.add(wish.key)
        if seen.isdisjoint(names):
            if wish.key in taken:
                wish.outcome = AliasTaken()
            else:
                yield wish
        seen |= names


async def find_or_add(session: AsyncSession, site: Site, user_id: int, wishes: list[Wish]) -> None:
    """Find the links that others show for these URLs, or make new ones, in this order."""
    while missing := [wish for wish in wishes if not (wish.link or wish.outcome)]:
        rows = [describe_wish(site, user_id, wish.data) for wish in missing]
        shared = await find_all_shared(
            session, [row["url_hash"] for row in rows if row["is_shared"]]
        )
        added: list[tuple[Wish, Row]] = []
        for wish, row in zip(missing, rows, strict=True):
            if row["is_shared"] and (link := shared.get(row["url_hash"])):
                wish.link = show(site, link.id, link.model_dump())
            else:
                added.append((wish, row))
        # When somebody else was quicker, nothing is added, and the next round finds theirs.
        numbers = await insert_links(session, [row for _, row in added])
        for wish, row in added:
            if number := numbers.pop(row["key"], 0):
                wish.link = show(site, number, row)
            elif wish.key:
                wish.outcome = AliasTaken()


def show(site: Site, number: int, row: Row) -> Shortened:
    """Show a link."""
    short_url = site.short_url(row["alias"] or row["key"])
    return Shortened(number, short_url, row["short_code"], row["alias"])


async def add_entries(session: AsyncSession, user_id: int, wishes: list[Wish]) -> None:
    """Put the links into the list, or raise `AlreadySaved`."""
    found = [(wish, wish.link) for wish in wishes if wish.link]
    entries = [describe_entry(user_id, link.id, wish.data) for wish, link in found]
    if len(await insert_entries(session, entries)) < len(entries):
        raise AlreadySaved
    for wish, link in found:
        wish.outcome = link
