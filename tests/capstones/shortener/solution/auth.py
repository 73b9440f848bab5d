"""Signing up, logging in, and who is asking."""

import asyncio
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from passlib.context import CryptContext
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from .database import SessionDep
from .models import User, UserCreate, UserPublic

SECRET_KEY = os.getenv("JWT_SECRET_KEY") or secrets.token_hex(32)
# Hashing is slow: in a thread, it keeps nobody waiting. Without a hash, it fails as slowly.
passwords = CryptContext(["bcrypt_sha256"], bcrypt_sha256__rounds=os.getenv("BCRYPT_ROUNDS", "12"))
TokenDep = Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="auth/token"))]
LogInForm = Annotated[OAuth2PasswordRequestForm, Depends()]
router = APIRouter(prefix="/auth", tags=["auth"])


def unauthorized(detail: str) -> HTTPException:
    """Make a 401 answer, with the header by which HTTP asks for a token."""
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


async def find_user(session: SessionDep, token: str) -> User | None:
    """Find the user whom a token names; WebSockets have no dependency that could answer 401."""
    try:
        claims = jwt.decode(token, SECRET_KEY, ["HS256"], options={"require": ["sub", "exp"]})
        return await session.get(User, int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        return None


async def get_current_user(token: TokenDep, session: SessionDep) -> User:
    """Find who is asking, or answer 401."""
    user = await find_user(session, token)
    if user is None:
        raise unauthorized("Could not validate credentials")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


@router.post("/register", status_code=201, response_model=UserPublic)
async def register(data: UserCreate, session: SessionDep) -> User:
    """Create an account."""
    hashed = await asyncio.to_thread(passwords.hash, data.password)
    user = User(**data.model_dump(exclude={"password"}), hashed_password=hashed)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "Username or email is taken") from None
    return user


@router.post("/token")
async def log_in(form: LogInForm, session: SessionDep) -> dict[str, str]:
    """Exchange a username and a password for a token."""
    user = (await session.exec(select(User).where(User.username == form.username))).first()
    hashed = user.hashed_password if user else None
    if not await asyncio.to_thread(passwords.verify, form.password, hashed) or user is None:
        raise unauthorized("Incorrect username or password")
    claims = {"sub": str(user.id), "exp": datetime.now(UTC) + timedelta(minutes=30)}
    return {"access_token": jwt.encode(claims, SECRET_KEY, "HS256"), "token_type": "bearer"}
