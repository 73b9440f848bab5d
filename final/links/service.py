"""Links: saving, listing, changing and giving up, and who may do it."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.upsert import Row, insert_all_unless_taken, insert_unless_taken
from final.core.text.search import search_form
from final.links.addresses.site import Site, casefold_key
from final.links.addresses.urls import Address
from final.links.errors import AliasTaken, LinkNotFound, LinkShared, NotYourLink
from final.links.models import Link, UserLink, UserLinkTag, link_text
from final.links.queries import (
    count_holders,
    find_entry,
    find_locked,
    find_saved,
    is_key_taken,
    read_visibility,
    view,
    view_saved,
)
from final.links.schemas import LinkCreate, LinkSaved, LinkUpdate

# What belongs to the link and so to everyone who has it, unlike the words in one's own list.
LINK_FIELDS = ("url", "alias", "expires_at", "max_clicks", "forward_query")


def new_link(site: Site, url: Address, alias: str | None = None, **values: Any) -> Link:
    """Make a link under its alias or a new short code."""
    return Link(**describe_link(site, url, alias, **values))


def describe_link(site: Site, url: Address, alias: str | None = None, **values: Any) -> Row:
    """Describe a link under its alias or a new short code."""
    code = None if alias else site.new_short_code()
    return {
        "url": url,
        "url_hash": url.hash,
        "key": casefold_key(alias or code or ""),
        "alias": alias,
        "short_code": code,
        **values,
    }


async def insert_links(session: AsyncSession, rows: list[Row]) -> dict[str, int]:
    """Insert the links whose keys are free; return their numbers by their keys."""
    found_by = [row | {"search_text": link_text(None, row["url"])} for row in rows]
    return await insert_all_unless_taken(session, Link, found_by, "key")


async def insert_entries(session: AsyncSession, rows: list[Row]) -> dict[int, int]:
    """Insert the entries that are not in a list yet; return their numbers by those of the links."""
    found_by = [
        row | {"search_text": search_form(row["title"], row.get("description"))} for row in rows
    ]
    return await insert_all_unless_taken(session, UserLink, found_by, "link_id")


async def save_link(
    session: AsyncSession,
    site: Site,
    user_id: int,
    data: LinkCreate,
    tags: list[str] | None = None,
    **values: Any,
) -> LinkSaved:
    """Make a link of one's own and put it into one's list."""
    site.ensure_not_own_address(data.url)
    values |= {"user_id": user_id, "is_public": not data.is_private}
    link = new_link(site, data.url, **values)
    while not await insert_unless_taken(session, link):  # the short code: once in a billion
        link = new_link(site, data.url, **values)
    entry = UserLink(user_id=user_id, link_id=link.id, **data.model_dump(exclude={"url"}))
    await insert_unless_taken(session, entry)  # cannot be taken: the link is new
    if tags:
        await add_tags(session, entry, tags)
    return view(site, link, entry, tags)


async def add_tags(session: AsyncSession, entry: UserLink, tags: list[str]) -> None:
    """Give tags to a list entry that has none."""
    session.add_all(UserLinkTag(user_link_id=entry.id, name=name) for name in tags)
    await session.flush()


async def lock_link(session: AsyncSession, link_id: int) -> Link:
    """Load a link that stays as it is until the commit, or raise `LinkNotFound`."""
    link = await find_locked(session, link_id)
    if link is None:
        raise LinkNotFound
    return link


async def remove_link(session: AsyncSession, user_id: int, link_id: int) -> str:
    """Take a link out of somebody's list; return its key.

    The link itself goes with the last who had it.
    """
    link = await lock_link(session, link_id)
    if not await delete_entry(session, user_id, link_id):
        raise NotYourLink if link.is_public else LinkNotFound
    if not await count_holders(session, link_id, at_most=1):
        await session.exec(delete(Link).where(col(Link.id) == link_id))
    else:
        await settle_link(session, link)
    return link.key


async def delete_entry(session: AsyncSession, user_id: int, link_id: int) -> bool:
    """Take a link out of somebody's list; tell whether it was there."""
    entry = col(UserLink.link_id) == link_id, col(UserLink.user_id) == user_id
    return (await session.exec(delete(UserLink).where(*entry))).rowcount > 0


async def settle_link(session: AsyncSession, link: Link) -> None:
    """Note whether anybody still shows a locked link after an entry has changed or gone.

    One that nobody shows is no longer given to whoever shortens its URL. A creator who has left it,
    or keeps it privately while others have it, is forgotten: no answer may name them.
    """
    link.is_public, creator_shows, others_have = await read_visibility(session, link)
    link.is_shared = link.is_shared and link.is_public
    if others_have and not creator_shows:
        link.user_id = None
    session.add(link)
    await session.flush()


async def update_link(
    session: AsyncSession, site: Site, user_id: int, link_id: int, data: LinkUpdate
) -> tuple[LinkSaved, str]:
    """Change what was sent; return the link and the key that it had before."""
    link, entry = await lock_saved(session, user_id, link_id)
    former_key = link.key
    changes = data.model_dump(exclude_unset=True)
    tags = changes.pop("tags", None)
    if changes.pop("original_url", None):
        changes["url"] = data.original_url
    sent = {name: changes.pop(name) for name in LINK_FIELDS if name in changes}
    differing = {k: v for k, v in sent.items() if v != getattr(link, k)}
    if differing:
        await change_link(session, site, link, differing)
    if "url" in differing:
        entry.url_hash = None  # it is no longer the one that was shortened
    await change_entry(session, entry, changes, tags)
    if "is_private" in changes:
        await settle_link(session, link)
    return view_saved(site, await find_saved(session, user_id, link_id)), former_key


async def lock_saved(session: AsyncSession, user_id: int, link_id: int) -> tuple[Link, UserLink]:
    """Load a link of somebody's list, locked until the commit, with the entry in the list."""
    link = await lock_link(session, link_id)
    entry = await find_entry(session, user_id, link_id)
    if entry is None:
        raise NotYourLink if link.is_public else LinkNotFound
    return link, entry


async def change_entry(
    session: AsyncSession, entry: UserLink, changes: dict[str, Any], tags: list[str] | None
) -> None:
    """Change one's own words for a link; tags are replaced if any were sent."""
    entry.sqlmodel_update(changes)
    session.add(entry)
    if tags is not None:
        await session.exec(delete(UserLinkTag).where(col(UserLinkTag.user_link_id) == entry.id))
        await add_tags(session, entry, tags)
    await session.flush()


async def change_link(
    session: AsyncSession, site: Site, link: Link, changes: dict[str, Any]
) -> None:
    """Change what everyone who has the link would notice: only while nobody else has it."""
    await ensure_not_shared(session, link)
    if "url" in changes:
        site.ensure_not_own_address(changes["url"])
        changes |= {"url_hash": changes["url"].hash, "title": None}
        changes |= {"last_checked_at": None, "last_status": None}
    if "alias" in changes:
        await change_key(session, site, link, changes["alias"])
    link.sqlmodel_update(changes)
    link.is_shared = False  # made for somebody in particular now
    session.add(link)
    try:
        await session.flush()
    except IntegrityError:  # somebody took the alias since we looked
        raise AliasTaken from None


async def ensure_not_shared(session: AsyncSession, link: Link) -> None:
    """Raise `LinkShared` when the link is in more than one list."""
    if await count_holders(session, link.id, at_most=2) > 1:
        raise LinkShared


async def change_key(session: AsyncSession, site: Site, link: Link, alias: str | None) -> None:
    """Put an alias in the place of a short code, or a new code in the place of an alias."""
    link.short_code = None if alias else site.new_short_code()
    link.key = casefold_key(alias or link.short_code or "")
    if alias:
        site.ensure_not_reserved(alias)
        if await is_key_taken(session, link):
            raise AliasTaken
