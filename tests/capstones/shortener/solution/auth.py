"""Signing up and logging in."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordRequestForm
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from .database import SessionDep
from .models import User
from .schemas import Token, UserCreate, UserPublic
from .security import create_access_token, hash_password, unauthorized, verify_password

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=201, response_model=UserPublic)
async def register(data: UserCreate, session: SessionDep) -> User:
    """Create an account."""
    hashed = await hash_password(data.password)
    user = User(username=data.username, email=data.email, hashed_password=hashed)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "Username or email is taken") from None
    return user


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
