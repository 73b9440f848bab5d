"""Signing up, logging in, staying logged in."""

from typing import Annotated

from fastapi import APIRouter, Body

from .. import crud
from ..database import SessionDep
from ..models import User
from ..schemas import LoginRequest, TokenResponse, UserRegister, UserResponse
from ..security import CurrentUser, create_tokens, find_user, unauthorized, verify_password

router = APIRouter(prefix="/api/auth", tags=["auth"])
RefreshToken = Annotated[str, Body(embed=True, alias="refresh_token")]


@router.post("/register", status_code=201, response_model=UserResponse)
async def register(data: UserRegister, session: SessionDep) -> User:
    """Create an account."""
    return await crud.create_user(session, data)


@router.post("/login")
async def log_in(data: LoginRequest, session: SessionDep) -> TokenResponse:
    """Exchange an address and a password for tokens."""
    user = await crud.find_by_email(session, data.email)
    hashed = user.hashed_password if user and user.is_active else None
    if not await verify_password(data.password, hashed) or user is None:
        raise unauthorized("Incorrect email or password")
    return create_tokens(user)


@router.post("/refresh")
async def refresh(token: RefreshToken, session: SessionDep) -> TokenResponse:
    """Exchange a refresh token for new tokens."""
    return create_tokens(await find_user(session, token, "refresh"))


@router.get("/me", response_model=UserResponse)
async def read_me(user: CurrentUser) -> User:
    """Return the account that is logged in."""
    return user
