"""Passwords and tokens: who is asking, and whether they may."""

import asyncio
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import OAuth2PasswordBearer
from passlib.context import CryptContext

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
    return HTTPException(status.HTTP_401_UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep
) -> User:
    """Find the user whom the token names, or answer 401."""
    try:
        claims = jwt.decode(token, SECRET_KEY, ["HS256"], options={"require": ["sub", "exp"]})
        user = await session.get(User, int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        user = None
    if user is None or not user.is_active:
        raise unauthorized("Could not validate credentials")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


async def require_admin(user: CurrentUser) -> User:
    """Let administrators pass, and answer 403 to everybody else."""
    if not user.is_admin:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Administrators only")
    return user
