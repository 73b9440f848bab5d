"""Passwords and tokens."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from passlib.context import CryptContext

from .config import settings
from .database import SessionDep
from .models import Role, User
from .schemas import TokenResponse

LIFETIMES = {
    "access": timedelta(minutes=settings.access_token_expire_minutes),
    "refresh": timedelta(days=settings.refresh_token_expire_days),
}
passwords = CryptContext(["bcrypt_sha256"], bcrypt_sha256__rounds=settings.bcrypt_rounds)
BearerToken = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def hash_password(password: str) -> str:
    """Hash a password, in a thread because it is slow."""
    return await asyncio.to_thread(passwords.hash, password)


async def verify_password(password: str, hashed: str | None) -> bool:
    """Tell whether a password fits; without a hash it never does."""
    return await asyncio.to_thread(passwords.verify, password, hashed)


def unauthorized(detail: str) -> HTTPException:
    """Make a 401 answer, with the header by which HTTP asks for a token."""
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


def create_tokens(user: User) -> TokenResponse:
    """Sign a token of each kind."""
    tokens = {}
    for kind, lifetime in LIFETIMES.items():
        claims = {"sub": str(user.id), "type": kind, "exp": datetime.now(UTC) + lifetime}
        tokens[f"{kind}_token"] = jwt.encode(claims, settings.jwt_secret_key, "HS256")
    return TokenResponse(**tokens)


async def find_user(session: SessionDep, token: str, kind: str) -> User:
    """Find the active user whom a token of this kind names, or answer 401."""
    try:
        claims = jwt.decode(token, settings.jwt_secret_key, ["HS256"])
        user = await session.get(User, int(claims["sub"])) if claims["type"] == kind else None
    except (jwt.InvalidTokenError, KeyError, ValueError):
        user = None
    if user is None or not user.is_active:
        raise unauthorized("Could not validate credentials")
    return user


async def get_current_user(session: SessionDep, bearer: BearerToken) -> User:
    """Find who is asking."""
    return await find_user(session, bearer.credentials, "access")


CurrentUser = Annotated[User, Depends(get_current_user)]


async def require_admin(user: CurrentUser) -> None:
    """Let administrators pass, and answer 403 to everybody else."""
    if user.role != Role.ADMIN:
        raise HTTPException(403, "Administrators only")


AdminOnly = Depends(require_admin)
