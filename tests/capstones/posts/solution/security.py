"""Passwords and tokens: who is asking."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from passlib.context import CryptContext

from .config import settings
from .database import SessionDep
from .models import User

LIFETIME = timedelta(minutes=30)
passwords = CryptContext(["bcrypt_sha256"], bcrypt_sha256__rounds=settings.bcrypt_rounds)
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/auth/token", auto_error=False)
TokenDep = Annotated[str | None, Depends(oauth2_scheme)]


async def hash_password(password: str) -> str:
    """Hash a password, in a thread because it is slow."""
    return await asyncio.to_thread(passwords.hash, password)


async def verify_password(password: str, hashed: str | None) -> bool:
    """Tell whether a password fits; without a hash it never does."""
    return await asyncio.to_thread(passwords.verify, password, hashed)


def create_access_token(user_id: int | None) -> str:
    """Sign a token for a user."""
    claims = {"sub": str(user_id), "exp": datetime.now(UTC) + LIFETIME}
    return jwt.encode(claims, settings.jwt_secret_key, "HS256")


def read_token(token: str | None) -> int | None:
    """Return whom a token names, if it is one."""
    try:
        claims = jwt.decode(token or "", settings.jwt_secret_key, ["HS256"])
        return int(claims["sub"])
    except (jwt.InvalidTokenError, KeyError, ValueError):
        return None


def unauthorized(detail: str) -> HTTPException:
    """Make a 401 answer, with the header by which HTTP asks for a token."""
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


async def get_optional_user(token: TokenDep, session: SessionDep) -> User | None:
    """Find who is asking; nobody, without a token."""
    user_id = read_token(token)
    user = await session.get(User, user_id) if user_id else None
    if token and user is None:
        raise unauthorized("Could not validate credentials")
    return user


OptionalUser = Annotated[User | None, Depends(get_optional_user)]


async def get_current_user(user: OptionalUser) -> User:
    """Find who is asking, or answer 401."""
    if user is None:
        raise unauthorized("Not authenticated")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
