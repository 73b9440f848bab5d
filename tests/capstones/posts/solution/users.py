"""Accounts: signing up, logging in, looking around."""

import logging
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Query
from fastapi.security import OAuth2PasswordRequestForm
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .config import settings
from .database import SessionDep, engine
from .models import User
from .schemas import Token, UserCreate, UserPrivate, UserPublic, refusals
from .security import (
    CurrentUser,
    create_access_token,
    hash_password,
    unauthorized,
    verify_password,
)

router = APIRouter(prefix="/users", tags=["users"])
auth_router = APIRouter(prefix="/auth", tags=["auth"])
logger = logging.getLogger(__name__)


async def add_user(session: AsyncSession, data: UserCreate, role: str = "user") -> User:
    """Store an account; the handler of IntegrityError answers when its name is taken."""
    profile = data.model_dump(exclude={"password"})
    user = User(**profile, hashed_password=await hash_password(data.password), role=role)
    session.add(user)
    await session.commit()
    return user


async def create_first_admin() -> None:
    """Make the administrator whom the settings name, unless there is one of that name."""
    name = settings.admin_username
    async with AsyncSession(engine) as session:
        if name and not (await session.exec(select(User).where(User.username == name))).first():
            email, password = settings.admin_email, settings.admin_password
            data = UserCreate(username=name, email=email, password=password)
            await add_user(session, data, "admin")


def send_welcome(user: User) -> None:
    """Send a welcome e-mail; a stub, so far."""
    logger.info("welcome e-mail to user %s", user.id)


@router.post("", status_code=201, response_model=UserPrivate, responses=refusals(409))
async def create_user(data: UserCreate, session: SessionDep, tasks: BackgroundTasks) -> User:
    """Create an account."""
    user = await add_user(session, data)
    tasks.add_task(send_welcome, user)
    return user


@router.get("", response_model=list[UserPublic])
async def list_users(
    session: SessionDep,
    skip: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Sequence[User]:
    """List accounts, a page at a time."""
    query = select(User).order_by(col(User.id)).offset(skip).limit(limit)
    return (await session.exec(query)).all()


@router.get("/me", response_model=UserPrivate, responses=refusals(401))
async def read_me(user: CurrentUser) -> User:
    """Return the account that is logged in."""
    return user


@router.get("/{user_id}", response_model=UserPublic, responses=refusals(404))
async def get_user(user_id: int, session: SessionDep) -> User:
    """Return one account."""
    user = await session.get(User, user_id)
    if user is None:
        raise HTTPException(404, "User not found")
    return user


@auth_router.post("/token", responses=refusals(401))
async def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], session: SessionDep
) -> Token:
    """Exchange a username and a password for a token."""
    user = (await session.exec(select(User).where(User.username == form.username))).first()
    hashed = user.hashed_password if user else None
    if not await verify_password(form.password, hashed) or user is None:
        raise unauthorized("Incorrect username or password")
    return Token(access_token=create_access_token(user.id))
