"""Links: saving, listing, changing and giving up, and who may do it."""

from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func
from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.upsert import insert_unless_taken
from final.links.errors import AliasTaken, LinkNotFound, LinkShared, NotYourLink
from final.links.models import Link, LinkClicks, UserLink, UserLinkTag
from final.links.schemas import LinkCreate, LinkSaved, LinkUpdate
from final.links.site import Site, fold_key
from final.links.urls import url_hash

# What belongs to the link and so to everyone who has it, unlike the words in one's own list.
LINK_FIELDS = ("alias", "expires_at", "max_clicks")


def view(site: Site, link: Link, entry: UserLink, tags: list[str] | None = None) -> LinkSaved:
    """Show a link as the owner of the list entry sees it."""
    return LinkSaved(
        user_link_id=entry.id,
        id=link.id,
        short_code=link.short_code,
        alias=link.alias,
        short_url=site.short_url(link.alias or link.key),
        original_url=link.url,
        url=link.url,
        title=entry.title or link.title,
        default_title=link.title,
        description=entry.description,
        tags=tags or [],
        clicks=link.clicks,
        created_at=link.created_at,
        user_id=link.user_id,
    )


def list_public(search: str | None = None, tag: str | None = None) -> Any:
    """Select everyone's links with their creators' words, the oldest first."""
    title: ColumnElement[str] = func.coalesce(UserLink.title, Link.title, Link.url)
    words = and_(col(UserLink.link_id) == Link.id, col(UserLink.user_id) == Link.user_id)
    query = (
        select_columns(
            col(Link.id),
            title.label("title"),
            col(Link.url),
            col(UserLink.description),
            col(Link.created_at),
            col(Link.user_id),
        )
        .outerjoin(UserLink, words)
        .order_by(col(Link.id))
    )
    return narrow(query, title, search, tag)


def list_saved(user_id: int, search: str | None = None, tag: str | None = None) -> Any:
    """Select the links in somebody's list, the oldest first."""
    title: ColumnElement[str] = func.coalesce(UserLink.title, Link.title, "")
    query = (
        select_columns(Link, UserLink)
        .join(UserLink, col(UserLink.link_id) == Link.id)
        .where(col(UserLink.user_id) == user_id)
        .order_by(col(UserLink.link_id))
    )
    return narrow(query, title, search, tag)


def narrow(
    query: Select[*tuple[Any, ...]],
    title: ColumnElement[str],
    search: str | None,
    tag: str | None,
) -> Select[*tuple[Any, ...]]:
    """Keep what has a text in its title, and what has a tag; both ignore case."""
    if search:
        query = query.where(title.icontains(search, autoescape=True))
    if tag:
        tagged = exists().where(
            col(UserLinkTag.user_link_id) == UserLink.id,
            func.lower(col(UserLinkTag.name)) == func.lower(tag),
        )
        query = query.where(tagged)
    return query


async def with_tags(
    session: AsyncSession, site: Site, pairs: list[tuple[Link, UserLink]]
) -> list[LinkSaved]:
    """Show list entries, with the tags of all of them from one query."""
    tags: dict[int, list[str]] = {entry.id: [] for _, entry in pairs}
    if tags:
        query = select(UserLinkTag).where(col(UserLinkTag.user_link_id).in_(tags))
        for tag in await session.exec(query):
            tags[tag.user_link_id].append(tag.name)
    return [view(site, link, entry, sorted(tags[entry.id])) for link, entry in pairs]


async def find_saved(session: AsyncSession, site: Site, user_id: int, link_id: int) -> LinkSaved:
    """Return a link of somebody's list, or raise `LinkNotFound`."""
    query = list_saved(user_id).where(col(Link.id) == link_id)
    row = (await session.exec(query)).one_or_none()
    if row is None:
        raise LinkNotFound
    return (await with_tags(session, site, [(row[0], row[1])]))[0]


async def find_public(session: AsyncSession, link_id: int) -> Any:
    """Return a link as everyone sees it, or raise `LinkNotFound`."""
    row = (await session.exec(list_public().where(col(Link.id) == link_id))).one_or_none()
    if row is None:
        raise LinkNotFound
    return row


async def add_link(
    session: AsyncSession, site: Site, url: str, alias: str | None = None, **values: Any
) -> Link | None:
    """Store a link under its alias or a new short code; None where a unique key is taken."""
    code = None if alias else site.new_short_code()
    link = Link(
        url=url,
        url_hash=url_hash(url),
        key=fold_key(alias or code or ""),
        alias=alias,
        short_code=code,
        **values,
    )
    return link if await insert_unless_taken(session, link) else None


async def save_link(
    session: AsyncSession,
    site: Site,
    user_id: int,
    data: LinkCreate,
    tags: list[str] | None = None,
    **values: Any,
) -> LinkSaved:
    """Make a link of one's own and put it into one's list."""
    site.refuse_itself(data.url)
    link = None
    while link is None:  # the short code was taken: once in a billion
        link = await add_link(session, site, data.url, user_id=user_id, **values)
    entry = UserLink(
        user_id=user_id, link_id=link.id, title=data.title, description=data.description
    )
    session.add(entry)
    await session.flush()
    await replace_tags(session, entry, tags or [])
    return view(site, link, entry, tags)


async def replace_tags(session: AsyncSession, entry: UserLink, tags: list[str]) -> None:
    """Write the tags of a list entry anew."""
    session.add_all(UserLinkTag(user_link_id=entry.id, name=name) for name in tags)
    await session.flush()


async def lock_link(session: AsyncSession, link_id: int) -> Link:
    """Load a link that stays as it is until the commit, or raise `LinkNotFound`."""
    query = select(Link).where(Link.id == link_id).with_for_update()
    link = (await session.exec(query)).one_or_none()
    if link is None:
        raise LinkNotFound
    return link


async def remove_link(session: AsyncSession, user_id: int, link_id: int) -> str:
    """Take a link out of somebody's list; return its key.

    The link itself goes with the last who had it. A creator who leaves earlier is forgotten.
    """
    link = await lock_link(session, link_id)
    entry = delete(UserLink).where(
        col(UserLink.link_id) == link_id, col(UserLink.user_id) == user_id
    )
    if (await session.exec(entry)).rowcount == 0:
        raise NotYourLink
    others = select(UserLink.id).where(UserLink.link_id == link_id).limit(1)
    if (await session.exec(others)).first() is None:
        await session.exec(delete(Link).where(col(Link.id) == link_id))
    elif link.user_id == user_id:
        link.user_id = None
        session.add(link)
        await session.flush()
    return link.key


async def update_link(
    session: AsyncSession, site: Site, user_id: int, link_id: int, data: LinkUpdate
) -> tuple[LinkSaved, str]:
    """Change what was sent; return the link and the key that it had before."""
    link = await lock_link(session, link_id)
    query = select(UserLink).where(UserLink.link_id == link_id, UserLink.user_id == user_id)
    entry = (await session.exec(query)).one_or_none()
    if entry is None:
        raise NotYourLink
    former_key = link.key
    changes = data.model_dump(exclude_unset=True)
    tags = changes.pop("tags", None)
    limits = {name: changes.pop(name) for name in LINK_FIELDS if name in changes}
    await change_link(
        session, site, link, {k: v for k, v in limits.items() if v != getattr(link, k)}
    )
    entry.sqlmodel_update(changes)
    session.add(entry)
    if tags is not None:
        old = delete(UserLinkTag).where(col(UserLinkTag.user_link_id) == entry.id)
        await session.exec(old)
        await replace_tags(session, entry, tags)
    await session.flush()
    return await find_saved(session, site, user_id, link_id), former_key


async def change_link(
    session: AsyncSession, site: Site, link: Link, changes: dict[str, Any]
) -> None:
    """Change what everyone who has the link would notice: only while nobody else has it."""
    if not changes:
        return
    holders = select(func.count()).where(col(UserLink.link_id) == link.id)
    if (await session.exec(holders)).one() > 1:
        raise LinkShared
    if "alias" in changes:
        alias = changes["alias"]
        link.short_code = None if alias else site.new_short_code()
        link.key = fold_key(alias or link.short_code or "")
        if alias:
            site.refuse_reserved(alias)
            taken = select(Link.id).where(Link.key == link.key, Link.id != link.id)
            if (await session.exec(taken)).first() is not None:
                raise AliasTaken
    link.sqlmodel_update(changes)
    link.is_shared = False  # made for somebody in particular now
    session.add(link)
    try:
        await session.flush()
    except IntegrityError:  # somebody took the alias since we looked
        raise AliasTaken from None


async def count_days(session: AsyncSession, link_id: int) -> list[LinkClicks]:
    """List the days on which a link was followed."""
    query = select(LinkClicks).where(LinkClicks.link_id == link_id).order_by(col(LinkClicks.day))
    return list((await session.exec(query)).all())
