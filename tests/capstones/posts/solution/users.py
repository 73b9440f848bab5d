"""Accounts: signing up, logging in, and who is asking."""

from asyncio import to_thread
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import jwt
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Query
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from passlib.context import CryptContext
from sqlmodel import col, select

from .config import settings
from .database import SessionDep
from .models import User, UserCreate, UserPublic, now, refusals
from .observability import logger

auth_router = APIRouter(prefix="/auth", tags=["auth"])
router = APIRouter(prefix="/users", tags=["users"])
passwords = CryptContext(["bcrypt_sha256"], bcrypt_sha256__rounds=settings.bcrypt_rounds)
oauth2_scheme = OAuth2PasswordBearer("/auth/token", auto_error=False)
BEARER = {"WWW-Authenticate": "Bearer"}
TokenDep = Annotated[str | None, Depends(oauth2_scheme)]
FormDep = Annotated[OAuth2PasswordRequestForm, Depends()]
Skip = Annotated[int, Query(ge=0, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=100)]


def read_token(token: str) -> int | None:
    """Return whom a token names, if it is right."""
    try:
        return int(jwt.decode(token, settings.jwt_secret_key, ["HS256"])["sub"])
    except jwt.InvalidTokenError:
        return None


async def get_optional_user(token: TokenDep, session: SessionDep) -> User | None:
    """Find who is asking; nobody, without a token that is right."""
    user_id = read_token(token or "")
    return await session.get(User, user_id) if user_id else None


OptionalUser = Annotated[User | None, Depends(get_optional_user)]


async def get_current_user(user: OptionalUser) -> User:
    """Find who is asking, or answer 401."""
    if user is None:
        raise HTTPException(401, "Could not validate credentials", BEARER)
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


@auth_router.post("/token", responses=refusals(401))
async def log_in(form: FormDep, session: SessionDep) -> dict[str, str]:
    """Exchange a username and a password for a token."""
    user = (await session.exec(select(User).where(User.username == form.username))).first()
    hashed = user.hashed_password if user else None
    if not await to_thread(passwords.verify, form.password, hashed) or user is None:
        raise HTTPException(401, "Incorrect username or password", BEARER)
    claims = {"sub": str(user.id), "exp": now() + timedelta(minutes=30)}
    token = jwt.encode(claims, settings.jwt_secret_key, "HS256")
    return {"access_token": token, "token_type": "bearer"}


async def add_user(session: SessionDep, data: UserCreate, role: str = "user") -> User:
    """Store an account; hashing is slow, so a thread does it."""
    hashed = await to_thread(passwords.hash, data.password)
    user = User(**data.model_dump(exclude={"password"}), hashed_password=hashed, role=role)
    session.add(user)
    await session.commit()
    return user


@router.post("", status_code=201, responses=refusals(409))
async def create_user(data: UserCreate, session: SessionDep, tasks: BackgroundTasks) -> User:
    """Create an account."""
    user = await add_user(session, data)
    tasks.add_task(logger.info, "to get a welcome e-mail", user=user.id)  # a stub, so far
    return user


@router.get("", response_model=list[UserPublic])
async def list_users(session: SessionDep, skip: Skip = 0, limit: Limit = 10) -> Sequence[User]:
    """List accounts, a page at a time."""
    return (await session.exec(select(User).order_by(col(User.id)).offset(skip).limit(limit))).all()


@router.get("/me", responses=refusals(401))
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
