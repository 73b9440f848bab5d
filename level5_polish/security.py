"""Passwords and tokens: how the API knows who is asking."""

import asyncio
import logging
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer
from passlib.context import CryptContext
from pydantic import ValidationError

from .database import SessionDep
from .errors import unauthorized
from .models import User
from .schemas import TokenPayload

ALGORITHM = "HS256"
ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)
SECRET_KEY = os.getenv("JWT_SECRET_KEY") or secrets.token_hex(32)
if not os.getenv("JWT_SECRET_KEY"):
    logging.getLogger(__name__).warning(
        "JWT_SECRET_KEY is not set: tokens are signed with a random key and end with this process"
    )

# bcrypt alone reads only the first 72 bytes of a password; bcrypt_sha256 reads all of them.
password_context = CryptContext(
    schemes=["bcrypt_sha256"],
    bcrypt_sha256__rounds=int(os.getenv("BCRYPT_ROUNDS") or 12),
)

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="auth/token")
# What the documentation says of a route that asks for no token.
PUBLIC: dict[str, list[str]] = {"security": []}


async def hash_password(password: str) -> str:
    """Hash a password, in a thread: it is slow on purpose, and other requests go on meanwhile."""
    return await asyncio.to_thread(password_context.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell whether the password fits; without a hash it never does, after the same time."""
    try:
        return await asyncio.to_thread(password_context.verify, password, password_hash)
    except ValueError:
        # Too long to be hashed, or not even text: nobody has such a password.
        return False


def create_access_token(subject: str) -> str:
    """Sign a token that names its subject and expires."""
    payload = {"sub": subject, "exp": datetime.now(UTC) + ACCESS_TOKEN_LIFETIME}
    return jwt.encode(payload, SECRET_KEY, ALGORITHM)


def read_access_token(token: str) -> TokenPayload:
    """Return what a token says, or raise InvalidTokenError or ValidationError."""
    claims = jwt.decode(token, SECRET_KEY, [ALGORITHM], options={"require": ["sub", "exp"]})
    return TokenPayload(**claims)


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep
) -> User:
    """Find the user whom the request's token names, or answer 401."""
    try:
        user = await session.get(User, read_access_token(token).sub)
    except (jwt.InvalidTokenError, ValidationError):
        user = None
    if user is None:
        raise unauthorized("Could not validate credentials")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
