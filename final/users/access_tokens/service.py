"""Personal access tokens: making, finding, revoking. Stored is their hash alone."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, or_, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import Database, utcnow
from final.core.database.reading import fetch_rows
from final.core.observability.logs import get_logger
from final.users.access_tokens.schemas import AccessTokenCreate, AccessTokenCreated
from final.users.errors import AccessTokenNotFound
from final.users.models import AccessToken, User
from final.users.queries import ACCOUNT, as_account

logger = get_logger(__name__)

# Tells them from the tokens of a session, and a scanner of published code what it has found.
PREFIX = "linkhub_"
# How exactly the last use is known: a request that reads is to write as seldom as can be.
USE_NOTED_EVERY = timedelta(minutes=1)
COLUMNS = (
    col(AccessToken.id),
    col(AccessToken.name),
    col(AccessToken.created_at),
    col(AccessToken.expires_at),
    col(AccessToken.last_used_at),
)


OWNER = (
    Select[Any](*ACCOUNT, col(AccessToken.id), col(AccessToken.last_used_at))
    .join(AccessToken, col(AccessToken.user_id) == User.id)
    .where(
        col(User.is_active).is_(True),
        col(AccessToken.token_hash) == bindparam("token_hash"),
        or_(col(AccessToken.expires_at).is_(None), AccessToken.expires_at > bindparam("now")),
    )
)


@dataclass(frozen=True)
class AccessKey:
    """What came in place of a session's token; whether it opens anything, the database knows."""

    token_hash: str


@dataclass(frozen=True)
class LastUse:
    """When a token was used last, as far as that is noted."""

    token_id: int
    at: datetime | None

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to note another one."""
        return self.at is None or self.at < utcnow() - USE_NOTED_EVERY


def read_key(token: str) -> AccessKey | None:
    """Return the key in a token that looks like one of these."""
    if not token.startswith(PREFIX):
        return None
    return AccessKey(hashlib.sha256(token.encode("utf-8", "replace")).hexdigest())


async def create_token(
    session: AsyncSession, user_id: int, data: AccessTokenCreate
) -> AccessTokenCreated:
    """Make a token; this is the only time that it is known."""
    token = PREFIX + secrets.token_urlsafe(32)
    key = read_key(token)
    assert key is not None
    row = AccessToken(user_id=user_id, token_hash=key.token_hash, **data.model_dump())
    session.add(row)
    await session.flush()
    logger.info("access token created", user_id=user_id, token_id=row.id)
    return AccessTokenCreated(**row.model_dump(), token=token)


def select_tokens(user_id: int) -> Select[tuple[object, ...]]:
    """Select somebody's tokens, the oldest first."""
    query = Select[tuple[object, ...]](*COLUMNS)
    return query.where(col(AccessToken.user_id) == user_id).order_by(col(AccessToken.id))


async def revoke_token(session: AsyncSession, user_id: int, token_id: int) -> None:
    """End a token at once, or raise `AccessTokenNotFound`."""
    revoked = delete(AccessToken).where(
        col(AccessToken.id) == token_id, col(AccessToken.user_id) == user_id
    )
    if (await session.exec(revoked)).rowcount == 0:
        raise AccessTokenNotFound
    logger.info("access token revoked", user_id=user_id, token_id=token_id)


async def revoke_all_tokens(session: AsyncSession, user_id: int) -> None:
    """End all tokens of an account at once."""
    await session.exec(delete(AccessToken).where(col(AccessToken.user_id) == user_id))


async def find_owner(session: AsyncSession, key: AccessKey) -> tuple[User, LastUse] | None:
    """Return the active user whose token this is, if it is still good: one query."""
    rows = await fetch_rows(session, OWNER, token_hash=key.token_hash, now=utcnow())
    if not rows:
        return None
    row: Any = rows[0]
    return as_account(row), LastUse(row[-2], row[-1])


async def note_use(database: Database, token_id: int) -> None:
    """Note that a token was used just now."""
    async with database.transaction() as session:
        used = update(AccessToken).where(col(AccessToken.id) == token_id)
        await session.exec(used.values(last_used_at=utcnow()))
