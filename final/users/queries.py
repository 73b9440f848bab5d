"""Reading accounts: columns where they are shown, entities where they are changed."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, inspect
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.database.reading import fetch_rows
from final.core.database.text_search import contains_text
from final.core.tokens import Claims
from final.users.errors import AdminsOnly
from final.users.models import AuthSession, Role, User
from final.users.schemas import UserPrivate
from final.users.text_search import UserMayContain

# Columns, not entities: what somebody may see is all that is read.
COLUMNS = [getattr(User, field) for field in UserPrivate.model_fields]
ACCOUNT = [getattr(User, field) for field in User.model_fields]
SEARCHED = [col(User.search_text)]
# Asked at every request: built once, because building it takes as long as running it.
SIGNED_IN = (
    Select[Any](*ACCOUNT)
    .join(AuthSession, col(AuthSession.user_id) == User.id)
    .where(
        col(User.id) == bindparam("user_id"),
        col(User.is_active).is_(True),
        col(AuthSession.id) == bindparam("session_id"),
        col(AuthSession.revoked_at).is_(None),
        col(AuthSession.expires_at) > bindparam("now"),
    )
)


@lru_cache
def select_users(
    for_admin: bool = False,
    search: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
    *,
    is_common: bool = False,
) -> Select[Any]:
    """Select accounts by name; only administrators filter by role and state."""
    query = Select[Any](*COLUMNS).order_by(col(User.id))
    if search:
        may_contain = None if is_common else UserMayContain
        query = query.where(*contains_text(may_contain, col(User.id), SEARCHED, search))
    if not for_admin:
        if role is not None or is_active is not None:
            raise AdminsOnly
        return query.where(col(User.is_active).is_(True))
    if role is not None:
        query = query.where(col(User.role) == role)
    return query if is_active is None else query.where(col(User.is_active).is_(is_active))


async def find_signed_in(session: AsyncSession, claims: Claims) -> User | None:
    """Return the user of a token whose session still lives: one query."""
    values = {"user_id": claims.user_id, "session_id": claims.sid, "now": utcnow()}
    rows = await fetch_rows(session, SIGNED_IN, **values)
    return as_account(rows[0]) if rows else None


async def find_by_name(session: AsyncSession, key: str) -> User | None:
    """Return the account with this user name or e-mail address, in its normalized form."""
    named = select(User).where(or_(User.username_key == key, User.email_key == key))
    return (await session.exec(named)).one_or_none()


async def find_active_by_email(session: AsyncSession, key: str) -> User | None:
    """Return the active account with this e-mail address, in its normalized form."""
    active = select(User).where(User.email_key == key, col(User.is_active).is_(True))
    return (await session.exec(active)).one_or_none()


async def find_user_id(session: AsyncSession, column: Any, value: str) -> int | None:
    """Return the number of the account that has a unique value in a column."""
    return await session.scalar(select(User.id).where(column == value))


async def lock_user(session: AsyncSession, user_id: int) -> None:
    """Hold the row of an account until the commit, if there is one."""
    await session.exec(select(User.id).where(User.id == user_id).with_for_update())


async def lock_active_user(session: AsyncSession, user_id: int, hashed: str) -> User | None:
    """Lock an account and return it, if it is active and its password still hashed like this."""
    unchanged = select(User).where(User.id == user_id, User.hashed_password == hashed)
    active = unchanged.where(col(User.is_active).is_(True))
    return (await session.exec(active.with_for_update())).one_or_none()


async def lock_active_admins(session: AsyncSession) -> list[int]:
    """Lock the active administrators, in this order, and return their numbers."""
    admins = select(User.id).where(User.role == Role.ADMIN, col(User.is_active).is_(True))
    return list((await session.exec(admins.order_by(col(User.id)).with_for_update())).all())


def as_account(row: Row[Any]) -> User:
    """Make an account of a row that begins with its columns, as loading it would, but sooner.

    It is detached: to change it, add it to the session.
    """
    user: User = inspect(User).class_manager.new_instance()
    vars(user).update(zip(User.model_fields, row, strict=False))
    make_transient_to_detached(user)
    return user
