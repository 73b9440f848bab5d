"""Signing up and logging in."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, status
from fastapi.security import OAuth2PasswordRequestForm
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from .database import SessionDep
from .errors import RESPONSE_400, RESPONSE_401, RESPONSE_409, unauthorized
from .models import User
from .schemas import Token, UserCreate, UserPublic
from .security import PUBLIC, create_access_token, hash_password, verify_password

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    response_model=UserPublic,
    summary="Sign up",
    responses=RESPONSE_400 | RESPONSE_409,
    openapi_extra=PUBLIC,
)
async def register(data: UserCreate, session: SessionDep) -> User:
    """Create an account."""
    password_hash = await hash_password(data.password)
    user = User(username=data.username, email=data.email, password_hash=password_hash)
    session.add(user)
    try:
        # Only the database can tell who was first when two ask for one name at the same moment.
        await session.commit()
    except IntegrityError:
        raise HTTPException(status.HTTP_409_CONFLICT, "Username or email is taken") from None
    return user


@router.post(
    "/token",
    response_model=Token,
    summary="Log in",
    responses=RESPONSE_400 | RESPONSE_401,
    openapi_extra=PUBLIC,
)
async def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], session: SessionDep
) -> Token:
    """Exchange a username and a password for an access token."""
    users = await session.exec(select(User).where(User.username == form.username.lower()))
    user = users.first()
    password_hash = user.password_hash if user else None
    if not await verify_password(form.password, password_hash) or user is None:
        raise unauthorized("Incorrect username or password")
    return Token(access_token=create_access_token(str(user.id)))
