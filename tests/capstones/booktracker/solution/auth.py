"""Signing up and logging in."""

import os
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, status
from fastapi.security import OAuth2PasswordRequestForm
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from .database import SessionDep, engine
from .models import User
from .schemas import Token, UserCreate, UserPublic
from .security import create_access_token, hash_password, unauthorized, verify_password

router = APIRouter(prefix="/auth", tags=["auth"])


async def add_user(session: AsyncSession, data: UserCreate, *, is_admin: bool = False) -> User:
    """Store an account, or raise IntegrityError when its name or address is taken."""
    hashed = await hash_password(data.password)
    user = User(username=data.username, email=data.email, hashed_password=hashed, is_admin=is_admin)
    session.add(user)
    await session.commit()
    return user


async def create_first_admin() -> None:
    """Make the administrator whom the environment names, unless there is one of that name."""
    name = os.getenv("ADMIN_USERNAME")
    if not name:
        return
    async with AsyncSession(engine) as session:
        if not (await session.exec(select(User).where(User.username == name))).first():
            email, password = os.environ["ADMIN_EMAIL"], os.environ["ADMIN_PASSWORD"]
            data = UserCreate(username=name, email=email, password=password)
            await add_user(session, data, is_admin=True)


@router.post("/register", status_code=status.HTTP_201_CREATED, response_model=UserPublic)
async def register(data: UserCreate, session: SessionDep) -> User:
    """Create an account."""
    try:
        return await add_user(session, data)
    except IntegrityError:
        raise HTTPException(status.HTTP_409_CONFLICT, "Username or email is taken") from None


@router.post("/token")
async def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], session: SessionDep
) -> Token:
    """Exchange a username and a password for a token."""
    user = (await session.exec(select(User).where(User.username == form.username))).first()
    hashed = user.hashed_password if user else None
    if not await verify_password(form.password, hashed) or user is None:
        raise unauthorized("Incorrect username or password")
    return Token(access_token=create_access_token(user.id))
