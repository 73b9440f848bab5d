"""Finding links by their keys and by their URLs."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, bindparam, false, func, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.links.addresses.site import KEY, casefold_key
from final.links.errors import LinkNotFound
from final.links.models import Link, UserLink
from final.links.queries import ENTRY_ID

# Asked for each of thousands of links: built once, because building takes as long as asking.
OWN_FOR_URL = (
    select(Link.id).where(Link.url_hash == bindparam("url_hash"), ENTRY_ID.is_not(None)).limit(1)
)
SHARED = (
    col(Link.alias).is_(None),
    col(Link.expires_at).is_(None),
    col(Link.max_clicks).is_(None),
    col(Link.forward_query) == false(),
    col(Link.is_public) == true(),
)
# Locked: nobody may give up its last entry before ours is in.
SHARED_LINKS = select(Link).where(*SHARED).order_by(col(Link.id)).with_for_update()
SHARED_FOR_URL = SHARED_LINKS.where(Link.url_hash == bindparam("url_hash")).limit(1)
# The same for many URLs.
AMONG = col(Link.url_hash).in_(bindparam("url_hashes", expanding=True))
OLDEST = select(func.min(Link.id).filter(and_(*SHARED))).where(AMONG).group_by(col(Link.url_hash))
SHARED_OF_THESE = SHARED_LINKS.where(col(Link.id).in_(bindparam("ids", expanding=True)))


async def has_url(session: AsyncSession, user_id: int, url_hash: str) -> bool:
    """Tell whether somebody has a link for this URL."""
    values = {"user_id": user_id, "url_hash": url_hash}
    return (await session.exec(OWN_FOR_URL, params=values)).first() is not None


async def find_shared(session: AsyncSession, url_hash: str) -> Link | None:
    """Return the public link of a URL without alias and limits, locked until the commit."""
    return (await session.exec(SHARED_FOR_URL, params={"url_hash": url_hash})).first()


async def find_all_shared(session: AsyncSession, url_hashes: list[str]) -> dict[str, Link]:
    """Return the public links of URLs without alias and limits, locked until the commit.

    Which they are is a question of its own: asked in one, PostgreSQL would begin with all that are
    public.
    """
    if not url_hashes:
        return {}
    oldest = (await session.exec(OLDEST, params={"url_hashes": url_hashes})).all()
    if not (ids := [link_id for link_id in oldest if link_id]):
        return {}
    found = await session.exec(SHARED_OF_THESE, params={"ids": ids})
    return {link.url_hash: link for link in found}


async def find_by_key(session: AsyncSession, key: str) -> Link:
    """Return the link with an alias or short code in any case, or raise `LinkNotFound`."""
    if not KEY.fullmatch(key):
        raise LinkNotFound
    link = (await session.exec(select(Link).where(Link.key == casefold_key(key)))).one_or_none()
    if link is None:
        raise LinkNotFound
    return link


async def find_own_by_key(session: AsyncSession, user_id: int, key: str) -> Link:
    """Return a link of somebody's list by its key, or raise `LinkNotFound`."""
    link = await find_by_key(session, key)
    await ensure_saved(session, user_id, link)
    return link


async def find_own_ids(session: AsyncSession, user_id: int, url_hash: str) -> Sequence[int]:
    """Return the ids of the links for a URL in somebody's list."""
    query = (
        select(Link.id)
        .join(UserLink, col(UserLink.link_id) == Link.id)
        .where(UserLink.user_id == user_id, Link.url_hash == url_hash)
        .order_by(col(Link.id))
    )
    return (await session.exec(query)).all()


async def find_keys(session: AsyncSession, among: Collection[str]) -> Sequence[str]:
    """Return which of these keys links have."""
    query = select(Link.key).where(col(Link.key).in_(among)).order_by(col(Link.key))
    return (await session.exec(query)).all()


async def find_visible_by_key(session: AsyncSession, viewer_id: int | None, key: str) -> Link:
    """Return a link that the viewer may know of by its key, or raise `LinkNotFound`."""
    link = await find_by_key(session, key)
    if not link.is_public:
        await ensure_saved(session, viewer_id, link)
    return link


async def ensure_saved(session: AsyncSession, user_id: int | None, link: Link) -> None:
    """Raise `LinkNotFound` unless a link is in somebody's list."""
    query = select(UserLink.id).where(UserLink.user_id == user_id, UserLink.link_id == link.id)
    if (await session.exec(query)).first() is None:
        raise LinkNotFound
