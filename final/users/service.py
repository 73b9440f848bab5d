"""Accounts: creating, finding, changing, deactivating, and who may do it."""

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.observability.logs import get_logger
from final.core.passwords import Passwords
from final.core.text.search import search_form
from final.users.access_tokens.service import revoke_all_tokens
from final.users.errors import (
    AdminsOnly,
    EmailTaken,
    LastAdmin,
    NotYourAccount,
    PersonalPassword,
    UsernameTaken,
    UserNotFound,
)
from final.users.identifiers import normalize_identifier
from final.users.mail.tokens import end_tokens
from final.users.models import AuthSession, Role, User
from final.users.passwords import is_personal
from final.users.queries import find_user_id, lock_active_admins
from final.users.schemas import UserBase, UserRegister, UserUpdate

logger = get_logger(__name__)

ADMIN_FIELDS = ("role", "is_active")


async def create_user(
    session: AsyncSession, passwords: Passwords, data: UserRegister, role: Role = Role.USER
) -> User:
    """Open an account, or raise `UsernameTaken` or `EmailTaken`."""
    await ensure_not_taken(session, data.username, data.email)
    await session.commit()  # nothing to keep: the connection goes back while hashing takes its time
    account = data.model_dump(exclude={"password"}) | keys_of(data) | {"role": role}
    account["hashed_password"] = await passwords.hash(data.password)
    user = User.model_validate(account)
    await add_user(session, user)
    logger.info("user registered", user_id=user.id, role=user.role)
    return user


async def add_user(session: AsyncSession, user: User) -> None:
    """Store an account; of two equal sign-ups at once, the unique index refuses one."""
    username, email = user.username, user.email
    session.add(user)
    try:
        await session.flush()
    except IntegrityError:
        await session.rollback()
        await ensure_not_taken(session, username, email)
        raise


async def ensure_not_taken(
    session: AsyncSession, username: str | None, email: str | None, but: User | None = None
) -> None:
    """Raise when another account has this name or address."""
    names = (User.username_key, username, UsernameTaken), (User.email_key, email, EmailTaken)
    for column, value, taken in names:
        if value is not None:
            found = await find_user_id(session, column, normalize_identifier(value))
            if found is not None and (but is None or found != but.id):
                raise taken


def keys_of(account: UserBase | User) -> dict[str, str]:
    """Return what an account is found by: at sign-in, and in searches."""
    return {
        "username_key": normalize_identifier(account.username),
        "email_key": normalize_identifier(account.email),
        "search_text": search_form(account.username, account.first_name, account.last_name),
    }


async def get_user(session: AsyncSession, user_id: int, viewer: User | None = None) -> User:
    """Load an account, or raise `UserNotFound`; administrators find deactivated ones too."""
    user = await session.get(User, user_id)
    if user is None or not (user.is_active or (viewer and viewer.is_admin)):
        raise UserNotFound
    return user


async def update_user(session: AsyncSession, actor: User, user_id: int, data: UserUpdate) -> User:
    """Change the fields that were sent, each by somebody who may change it."""
    ensure_self_or_admin(actor, user_id)
    user = await get_user(session, user_id, actor)
    sent = data.model_dump(exclude_unset=True).items()
    changes = {field: value for field, value in sent if value != getattr(user, field)}
    await ensure_permitted(session, actor, user, changes)
    await ensure_not_taken(session, changes.get("username"), changes.get("email"), but=user)
    await apply_changes(session, actor, user, changes)
    return user


async def ensure_permitted(
    session: AsyncSession, actor: User, user: User, changes: dict[str, object]
) -> None:
    """Raise for changes that administrators alone may make, and for those that leave none."""
    if not actor.is_admin and not changes.keys().isdisjoint(ADMIN_FIELDS):
        raise AdminsOnly
    if changes.get("role", Role.ADMIN) != Role.ADMIN or changes.get("is_active") is False:
        await ensure_not_last_admin(session, user)


async def apply_changes(
    session: AsyncSession, actor: User, user: User, changes: dict[str, object]
) -> None:
    """Write permitted changes, with what follows from them."""
    former_email = user.email_key
    user.sqlmodel_update(changes)
    user.sqlmodel_update(keys_of(user))
    if user.email_key != former_email:
        user.email_verified = False
        flag_modified(user, "email_verified")  # although it was so when this request looked
        await end_tokens(session, user.id)
    session.add(user)
    await session.flush()
    if changes.get("is_active") is False:
        await end_sessions(session, user.id)
        await end_tokens(session, user.id)
        await revoke_all_tokens(session, user.id)
    if "role" in changes:
        logger.info("role changed", user_id=user.id, role=user.role, by=actor.id)


async def deactivate_user(session: AsyncSession, actor: User, user_id: int) -> None:
    """Delete softly: the name stays reserved, the content stays, the tokens stop working."""
    ensure_self_or_admin(actor, user_id)
    user = await get_user(session, user_id, actor)
    await ensure_not_last_admin(session, user)
    await apply_changes(session, actor, user, {"is_active": False})
    logger.info("user deactivated", user_id=user.id, by=actor.id)


def ensure_self_or_admin(actor: User, user_id: int) -> None:
    """Raise unless the account is one's own or the actor an administrator."""
    if actor.id != user_id and not actor.is_admin:
        raise NotYourAccount


async def ensure_not_last_admin(session: AsyncSession, user: User) -> None:
    """Raise `LastAdmin` when no other active administrator would be left.

    The rows stay locked until the commit, so that two administrators who remove each other at
    the same moment come one after the other, and the second finds nobody left.
    """
    if await lock_active_admins(session) == [user.id]:
        raise LastAdmin


async def replace_password(
    session: AsyncSession, user: User, hashed: str, but: int | None = None
) -> None:
    """Store another password; tokens in letters end, and all sessions, or all but one."""
    user.hashed_password = hashed
    session.add(user)
    await end_tokens(session, user.id)
    await end_sessions(session, user.id, but)


def ensure_not_personal(user: User, password: str) -> None:
    """Raise `PersonalPassword` for a password that only says whose it is."""
    if is_personal(password, user.username, user.email):
        raise PersonalPassword


async def end_sessions(session: AsyncSession, user_id: int, but: int | None = None) -> None:
    """Revoke the sessions of a user, all or all but one: their tokens stop working at once."""
    query = update(AuthSession).where(
        col(AuthSession.user_id) == user_id, col(AuthSession.revoked_at).is_(None)
    )
    if but is not None:
        query = query.where(col(AuthSession.id) != but)
    await session.exec(query.values(revoked_at=utcnow()))
