"""The tags of one list; two spellings of a word in other case are one tag."""

from typing import Any

from sqlalchemy import ColumnElement, Delete, Select, Update, delete, exists, func, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.links.errors import TagNotFound
from final.links.models import UserLink, UserLinkTag
from final.links.tags.schemas import TagCount
from final.users.models import User

FOLDED = func.lower(col(UserLinkTag.name))


def select_tags(user_id: int) -> Select[Any]:
    """Select the tags of somebody's list by name, each with the number of its links."""
    columns = func.min(col(UserLinkTag.name)).label("name"), func.count().label("count")
    return (
        Select[Any](*columns)
        .join(UserLink, col(UserLink.id) == col(UserLinkTag.user_link_id))
        .where(col(UserLink.user_id) == user_id)
        .group_by(FOLDED)
        .order_by(FOLDED)
    )


def show_tag(row: Any) -> TagCount:
    """Show a row of `select_tags`."""
    return TagCount(**row._mapping)


def borne(user_id: int, name: str) -> list[ColumnElement[bool]]:
    """Return the conditions that a row is this tag in somebody's list."""
    own = select(UserLink.id).where(col(UserLink.user_id) == user_id)
    return [col(UserLinkTag.user_link_id).in_(own), func.lower(name) == FOLDED]


async def rename_tag(session: AsyncSession, user_id: int, name: str, new_name: str) -> TagCount:
    """Call a tag by another name; links that bear both bear one from then on."""
    # One rename at a time: two that meet in one name would wait for each other's rows.
    account: Any = select(User.id).where(col(User.id) == user_id).with_for_update(key_share=True)
    await session.exec(account)
    while not await try_renaming(session, user_id, name, new_name):
        continue  # a link was given the tag since we looked
    query: Any = select_tags(user_id).where(func.lower(new_name) == FOLDED)
    return show_tag((await session.exec(query)).one())


def merge(user_id: int, name: str, new_name: str) -> Delete:
    """Take a tag from the links that bear the other one as well."""
    twin = aliased(UserLinkTag)
    has_both = exists().where(
        col(twin.user_link_id) == col(UserLinkTag.user_link_id),
        col(twin.name) != col(UserLinkTag.name),
        func.lower(col(twin.name)) == func.lower(new_name),
    )
    return delete(UserLinkTag).where(*borne(user_id, name), has_both)


def rename(user_id: int, name: str, new_name: str) -> Update:
    """Give a tag another name."""
    return update(UserLinkTag).where(*borne(user_id, name)).values(name=new_name)


async def try_renaming(session: AsyncSession, user_id: int, name: str, new_name: str) -> bool:
    """Rename a tag and merge it with its namesake, unless a new namesake is in the way."""
    try:
        async with session.begin_nested():
            found = (await session.exec(merge(user_id, name, new_name))).rowcount
            found += (await session.exec(rename(user_id, name, new_name))).rowcount
            await session.exec(rename(user_id, new_name, new_name))  # in any case
    except IntegrityError:
        return False
    if not found:
        raise TagNotFound
    return True


async def remove_tag(session: AsyncSession, user_id: int, name: str) -> None:
    """Take a tag off every link of somebody's list, or raise `TagNotFound`."""
    removed = delete(UserLinkTag).where(*borne(user_id, name))
    if (await session.exec(removed)).rowcount == 0:
        raise TagNotFound
