"""Sign-in: proving who one is, and the sessions that follow from it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from limits import RateLimitItemPerSecond
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.config import Settings
from final.core.database.engine import utcnow
from final.core.errors import RefreshRefused, WrongCredentials
from final.core.observability.logs import get_logger
from final.core.passwords import Passwords
from final.core.shared.rate_limiter import RateLimiter
from final.core.tokens import Claims, Tokens, new_jti
from final.users.errors import EmailNotVerified, WrongPassword
from final.users.identifiers import normalize_identifier
from final.users.mail.service import AccountMail
from final.users.models import AuthSession, User
from final.users.passwords import MAX_LENGTH
from final.users.queries import find_by_name, lock_active_user
from final.users.schemas import PasswordChange, TokenPair
from final.users.service import ensure_not_personal, replace_password

logger = get_logger(__name__)

# How many addresses' worth of failures an account has before answers take a second more, and how
# often that doubles.
WIDER = 5
MAX_DOUBLINGS = 3


@dataclass(frozen=True)
class SignIn:
    """What proving an identity takes, wherever the attempt comes from."""

    session: AsyncSession
    passwords: Passwords
    limiter: RateLimiter
    limit: RateLimitItemPerSecond
    address: str
    # Set where an address has to be verified before anybody signs in.
    verification: AccountMail | None = None

    async def check(self, account: str, password: str, hashed: str | None) -> str | None:
        """Return the text that was hashed if a password is right; slow down who keeps guessing.

        One address is stopped by `TooManyAttempts`. Many addresses together are made to wait, each
        time longer: nobody can lock out the owner of the account, who has yet another address.
        """
        await self.session.commit()  # nothing to keep: returns the connection during the hashing
        # One after the other: attempts at once would count as failures before they turn out right.
        async with self.limiter.turn(account, self.address):
            return await self.attempt(account, password, hashed)

    async def attempt(self, account: str, password: str, hashed: str | None) -> str | None:
        """Count an attempt, verify it, and forget the count if it was right."""
        await self.limiter.attempt(self.limit, account, self.address)
        if len(password) > MAX_LENGTH:
            return None
        await asyncio.sleep(await self.delay(account))
        text = await self.passwords.verify(password, hashed)
        if text is None:
            await self.limiter.count(self.wide_limit, account)
            return None
        await self.limiter.reset(self.limit, account, self.address)
        return text

    @property
    def wide_limit(self) -> RateLimitItemPerSecond:
        """Return how many failures an account has, from wherever, before answers get slow."""
        amount = self.limit.amount * WIDER
        return RateLimitItemPerSecond(amount, self.limit.multiples, "account")

    async def delay(self, account: str) -> float:
        """Return how many seconds an answer about this account takes longer."""
        failures = (await self.limiter.read(self.wide_limit, account)).used
        excess = failures - self.wide_limit.amount
        return 2.0 ** min(excess / self.limit.amount, MAX_DOUBLINGS) if excess >= 0 else 0


def login_limit(settings: Settings) -> RateLimitItemPerSecond:
    """Return how many failures in a row an account and address have."""
    return RateLimitItemPerSecond(settings.login_attempts, settings.login_window_seconds, "login")


async def log_in(sign_in: SignIn, tokens: Tokens, name: str, password: str) -> TokenPair:
    """Open a session for a user name or e-mail address and its password."""
    user = await identify(sign_in, name, password)
    if user is None:
        raise WrongCredentials
    if sign_in.verification and not user.email_verified:
        mail = sign_in.verification
        await mail.resources.background.start(mail.ask_again, user)
        raise EmailNotVerified
    pair = await open_session(sign_in.session, tokens, user)
    logger.info("login ok", user_id=user.id, client=sign_in.address)
    return pair


async def identify(sign_in: SignIn, name: str, password: str) -> User | None:
    """Return the active user with this name and password, or nothing.

    Unknown, deactivated and wrong are one answer after the same work, so that neither words nor
    time tell which accounts exist.
    """
    key = normalize_identifier(name)
    user = await find_by_name(sign_in.session, key)
    account, hashed = (f"user {user.id}", user.hashed_password) if user else (f"name {key}", None)
    found = None
    text = await sign_in.check(account, password, hashed)
    if text is not None and user:
        found = await lock_unchanged(sign_in, user, text)
    if found is None:
        logger.warning("login failed", user_id=user.id if user else None, client=sign_in.address)
    return found


async def lock_unchanged(sign_in: SignIn, user: User, password: str) -> User | None:
    """Lock an active account whose password was right, and give it a hash of today's settings.

    While it was being hashed, the password may have been changed and all sessions ended.
    """
    hashed = user.hashed_password
    # It takes a while: before anything is locked.
    renewed = await sign_in.passwords.renew(password, hashed)
    found = await lock_active_user(sign_in.session, user.id, hashed)
    if found:
        found.hashed_password = renewed
    return found


async def open_session(session: AsyncSession, tokens: Tokens, user: User) -> TokenPair:
    """Begin a session and issue its first tokens; the user's expired ones are swept away."""
    now = utcnow()
    expired = col(AuthSession.expires_at) < now
    await session.exec(delete(AuthSession).where(col(AuthSession.user_id) == user.id, expired))
    end = now + tokens.refresh_lifetime
    opened = AuthSession(user_id=user.id, refresh_jti=new_jti(), expires_at=end)
    session.add(opened)
    await session.flush()
    return issue_pair(tokens, user.id, opened.id, opened.refresh_jti, now)


def issue_pair(
    tokens: Tokens, user_id: int, session_id: int, refresh_jti: str, now: datetime
) -> TokenPair:
    """Sign an access token and the one refresh token that is now good."""
    return TokenPair(
        access_token=tokens.sign("access", user_id, session_id, new_jti(), now),
        expires_in=int(tokens.access_lifetime.total_seconds()),
        refresh_token=tokens.sign("refresh", user_id, session_id, refresh_jti, now),
    )


async def refresh(session: AsyncSession, tokens: Tokens, token: str) -> TokenPair:
    """Exchange a refresh token for a new pair, once.

    One UPDATE both checks and replaces the token's id, so of any number of simultaneous uses one
    succeeds. A genuine token that was replaced before has been stolen, from us or from its owner:
    the whole session ends.
    """
    claims = tokens.read(token, "refresh")
    if claims is None:
        raise RefreshRefused
    now, jti = utcnow(), new_jti()
    if not await rotate(session, claims, jti, now + tokens.refresh_lifetime):
        await end_stolen_session(session, claims)
        raise RefreshRefused
    return issue_pair(tokens, claims.user_id, claims.sid, jti, now)


async def rotate(session: AsyncSession, claims: Claims, jti: str, expires_at: datetime) -> bool:
    """Make another refresh token the good one, if this one is; tell whether it was."""
    active = select(User.id).where(User.id == claims.user_id, col(User.is_active).is_(True))
    rotation = update(AuthSession).where(
        col(AuthSession.id) == claims.sid,
        col(AuthSession.user_id).in_(active),
        col(AuthSession.refresh_jti) == claims.jti,
        col(AuthSession.revoked_at).is_(None),
    )
    result = await session.exec(rotation.values(refresh_jti=jti, expires_at=expires_at))
    return result.rowcount == 1


async def end_stolen_session(session: AsyncSession, claims: Claims) -> None:
    """Revoke the session of a token that was used twice."""
    await end_session(session, claims)
    await session.commit()  # the answer is a refusal, and would roll this back
    logger.warning("refresh token reused", user_id=claims.user_id, session_id=claims.sid)


async def end_session(session: AsyncSession, claims: Claims) -> None:
    """Revoke one session: its refresh and access tokens stop working at once."""
    revocation = update(AuthSession).where(
        col(AuthSession.id) == claims.sid, col(AuthSession.user_id) == claims.user_id
    )
    await session.exec(revocation.values(revoked_at=utcnow()))


async def change_password(
    sign_in: SignIn, user: User, claims: Claims | None, data: PasswordChange
) -> None:
    """Replace the password and end every other session of the user."""
    right = await sign_in.check(f"user {user.id}", data.current_password, user.hashed_password)
    if right is None:
        logger.warning("password change failed", user_id=user.id, client=sign_in.address)
        raise WrongPassword
    ensure_not_personal(user, data.new_password)
    hashed = await sign_in.passwords.hash(data.new_password)
    await replace_password(sign_in.session, user, hashed, but=claims.sid if claims else None)
    logger.info("password changed", user_id=user.id)
