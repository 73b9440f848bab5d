"""What goes in and what comes out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, EmailStr, StringConstraints

from .models import Role

Username = Annotated[str, StringConstraints(pattern=r"^[\w.-]{3,50}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class Profile(BaseModel):
    """What an account says about its owner."""

    first_name: Name | None = None
    last_name: Name | None = None


class UserRegister(Profile):
    """A sign-up."""

    username: Username
    email: EmailStr
    password: Annotated[str, StringConstraints(min_length=8, max_length=256)]


class UserCreate(UserRegister):
    """An account as an administrator makes it."""

    role: Role = Role.USER


class UserUpdate(Profile):
    """Changes to an account: only what is sent."""

    username: Username | None = None
    email: EmailStr | None = None
    role: Role | None = None
    is_active: bool | None = None


class UserPublic(Profile):
    """An account as others see it."""

    id: int
    username: str


class UserResponse(UserPublic):
    """An account as its owner and administrators see it."""

    email: str
    role: Role
    is_active: bool
    created_at: datetime
    updated_at: datetime


class LoginRequest(BaseModel):
    """An address and its password."""

    email: str
    password: str


class TokenResponse(BaseModel):
    """The tokens of somebody who is logged in."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"
