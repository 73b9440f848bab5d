"""Passwords and tokens."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from passlib.context import CryptContext

from .config import settings
from .database import SessionDep
from .models import Role, User
from .schemas import TokenResponse

Kind = Literal["access", "refresh"]
LIFETIMES = {
    "access": timedelta(minutes=settings.access_token_expire_minutes),
    "refresh": timedelta(days=settings.refresh_token_expire_days),
}
passwords = CryptContext(["bcrypt_sha256"], bcrypt_sha256__rounds=settings.bcrypt_rounds)
bearer = HTTPBearer(auto_error=False)


async def hash_password(password: str) -> str:
    """Hash a password, in a thread because it is slow."""
    return await asyncio.to_thread(passwords.hash, password)


async def verify_password(password: str, hashed: str | None) -> bool:
    """Tell whether a password fits; without a hash it never does."""
    return await asyncio.to_thread(passwords.verify, password, hashed)


def unauthorized(detail: str) -> HTTPException:
    """Make a 401 answer, with the header by which HTTP asks for a token."""
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


def create_token(user: User, kind: Kind) -> str:
    """Sign a token of a kind."""
    claims = {"sub": str(user.id), "type": kind, "exp": datetime.now(UTC) + LIFETIMES[kind]}
    return jwt.encode(claims, settings.jwt_secret_key, "HS256")


def create_tokens(user: User) -> TokenResponse:
    """Sign both tokens."""
    return TokenResponse(
        access_token=create_token(user, "access"), refresh_token=create_token(user, "refresh")
    )


async def find_user(session: SessionDep, token: str, kind: Kind) -> User:
    """Find the active user whom a token of this kind names, or answer 401."""
    try:
        claims = jwt.decode(token, settings.jwt_secret_key, ["HS256"])
        user = await session.get(User, int(claims["sub"])) if claims["type"] == kind else None
    except (jwt.InvalidTokenError, KeyError, ValueError):
        user = None
    if user is None or not user.is_active:
        raise unauthorized("Could not validate credentials")
    return user


async def get_current_user(
    session: SessionDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> User:
    """Find who is asking."""
    return await find_user(session, credentials.credentials if credentials else "", "access")


CurrentUser = Annotated[User, Depends(get_current_user)]


async def require_admin(user: CurrentUser) -> User:
    """Let administrators pass, and answer 403 to everybody else."""
    if user.role != Role.ADMIN:
        raise HTTPException(403, "Administrators only")
    return user
