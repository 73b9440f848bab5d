"""Passwords and tokens: who is asking."""

import asyncio
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from passlib.context import CryptContext
from sqlmodel.ext.asyncio.session import AsyncSession

from .database import SessionDep
from .models import User

SECRET_KEY = os.getenv("JWT_SECRET_KEY") or secrets.token_hex(32)
LIFETIME = timedelta(minutes=30)
passwords = CryptContext(["bcrypt_sha256"], bcrypt_sha256__rounds=os.getenv("BCRYPT_ROUNDS", "12"))
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="auth/token")


async def hash_password(password: str) -> str:
    """Hash a password, in a thread because it is slow."""
    return await asyncio.to_thread(passwords.hash, password)


async def verify_password(password: str, hashed: str | None) -> bool:
    """Tell whether a password fits; without a hash it never does."""
    return await asyncio.to_thread(passwords.verify, password, hashed)


def create_access_token(user_id: int | None) -> str:
    """Sign a token for a user."""
    claims = {"sub": str(user_id), "exp": datetime.now(UTC) + LIFETIME}
    return jwt.encode(claims, SECRET_KEY, "HS256")


def unauthorized(detail: str) -> HTTPException:
    """Make a 401 answer, with the header by which HTTP asks for a token."""
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


async def find_user(session: AsyncSession, token: str) -> User | None:
    """Find the user whom a token names; WebSockets have no dependency that could answer 401."""
    try:
        claims = jwt.decode(token, SECRET_KEY, ["HS256"], options={"require": ["sub", "exp"]})
        return await session.get(User, int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        return None


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep
) -> User:
    """Find who is asking, or answer 401."""
    user = await find_user(session, token)
    if user is None:
        raise unauthorized("Could not validate credentials")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
