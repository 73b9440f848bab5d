"""The tokens in letters: good once, for half an hour, while the password stays the same."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.errors import TooManyAttempts
from final.users.errors import MailTokenRefused
from final.users.models import MailToken, User
from final.users.queries import lock_user

Purpose = Literal["reset", "verify"]

LIFETIME = timedelta(minutes=30)
LETTERS, WINDOW = 5, timedelta(hours=1)


def hash_token(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def issue_token(session: AsyncSession, user_id: int, purpose: Purpose) -> str:
    """Make a token for one more letter, or raise `TooManyAttempts`: so many an hour and account.

    The account stays locked until the commit, so that simultaneous requests are counted, too.
    """
    await lock_user(session, user_id)
    now, token = utcnow(), secrets.token_urlsafe(32)
    await count_letters(session, user_id, now)
    letter = MailToken(
        user_id=user_id,
        purpose=purpose,
        token_hash=hash_token(token),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(letter)
    await session.flush()
    return token


async def count_letters(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Raise `TooManyAttempts` if an account had enough letters lately; forget the older ones."""
    lately = col(MailToken.created_at) > now - WINDOW
    letters = select(MailToken.created_at).where(MailToken.user_id == user_id, lately)
    sent = (await session.exec(letters.order_by(col(MailToken.created_at)))).all()
    if len(sent) >= LETTERS:
        raise TooManyAttempts(int((sent[-LETTERS] + WINDOW - now).total_seconds()) + 1)
    await session.exec(delete(MailToken).where(col(MailToken.user_id) == user_id, ~lately))


async def find_user(session: AsyncSession, token: str, purpose: Purpose) -> User:
    """Return the active user whose letter had this token, or raise `MailTokenRefused`."""
    query = (
        select(User)
        .join(MailToken, col(MailToken.user_id) == User.id)
        .where(col(User.is_active).is_(True), *good(token, purpose))
    )
    user = (await session.exec(query)).one_or_none()
    if user is None:
        raise MailTokenRefused
    return user


async def use_up(session: AsyncSession, token: str, purpose: Purpose) -> None:
    """End a token, or raise `MailTokenRefused` when somebody else has been quicker."""
    used = update(MailToken).where(*good(token, purpose)).values(ended_at=utcnow())
    if (await session.exec(used)).rowcount == 0:
        raise MailTokenRefused


async def end_tokens(session: AsyncSession, user_id: int) -> None:
    """End all tokens of an account: its password or its address is another one now."""
    ended = update(MailToken).where(
        col(MailToken.user_id) == user_id, col(MailToken.ended_at).is_(None)
    )
    await session.exec(ended.values(ended_at=utcnow()))


def good(token: str, purpose: Purpose) -> list[Any]:
    """Return the conditions that a token is one, for this purpose and still."""
    return [
        col(MailToken.token_hash) == hash_token(token),
        col(MailToken.purpose) == purpose,
        col(MailToken.ended_at).is_(None),
        col(MailToken.expires_at) > utcnow(),
    ]
