"""What goes into and comes out of the account and sign-in routes."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    EmailStr,
    Field,
    JsonValue,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from final.core.errors import ErrorMessage, InvalidInput
from final.core.fields import Change, Flag, Line, ensure_not_null, example
from final.users.models import Role
from final.users.passwords import GivenPassword, NewPassword, is_personal

Username = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,50}$"),
    Field(description="3 to 50 letters, digits, `_`, `.` or `-`.", examples=["ada"]),
]
Email = Annotated[
    EmailStr,
    Field(max_length=254, description="E-mail address.", examples=["ada@example.com"]),
]
PersonName = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
DialledNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9(][0-9 ()./-]{3,30}$")
]
PhoneNumber = Annotated[
    DialledNumber | None,
    Field(description="Digits and the usual separators.", examples=["+44 20 7946 0958"]),
]
FirstName = Annotated[PersonName | None, Field(description="Given name.", examples=["Ada"])]
LastName = Annotated[PersonName | None, Field(description="Family name.", examples=["Lovelace"])]
LoginName = Annotated[
    Line, Field(max_length=254, description="User name or e-mail address.", examples=["ada"])
]

PROFILE: dict[str, JsonValue] = {
    "username": "ada",
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "phone_number": "+44 20 7946 0958",
}
PUBLIC: dict[str, JsonValue] = {
    "id": 1,
    "username": "ada",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "created_at": "2026-01-31T12:00:00Z",
}
PRIVATE = (
    PUBLIC
    | PROFILE
    | {
        "role": "user",
        "email_verified": True,
        "is_active": True,
        "updated_at": "2026-01-31T12:00:00Z",
    }
)


class UserBase(BaseModel):
    """What an account says about its owner."""

    username: Username
    email: Email
    first_name: FirstName = None
    last_name: LastName = None
    phone_number: PhoneNumber = None


class UserRegister(UserBase):
    """A sign-up."""

    model_config = example(PROFILE | {"password": "four unrelated words here"})

    password: NewPassword

    @model_validator(mode="after")
    def check_personal_password(self) -> Self:
        """Refuse a password that is the account's own name or address."""
        if is_personal(self.password, self.username, self.email):
            raise ValueError("the password must not be the user name or e-mail address")
        return self


class UserCreate(UserRegister):
    """An account as an administrator creates it."""

    model_config = example(PROFILE | {"password": "four unrelated words here", "role": "admin"})

    role: Role = Field(default=Role.USER, description="What the account may do.")


class UserUpdate(Change):
    """Changes to an account: only what is sent is changed."""

    model_config = example({"first_name": "Augusta Ada", "phone_number": None})

    username: Username | SkipJsonSchema[None] = None
    email: Email | SkipJsonSchema[None] = None
    first_name: FirstName = None
    last_name: LastName = None
    phone_number: PhoneNumber = None
    role: Role | SkipJsonSchema[None] = Field(default=None, description="Administrators only.")
    is_active: Flag | SkipJsonSchema[None] = Field(default=None, description="Administrators only.")

    _not_null = field_validator("username", "email", "role", "is_active")(ensure_not_null)


class UserPublic(BaseModel):
    """An account as everyone sees it."""

    model_config = example(PUBLIC)

    id: int = Field(description="The number of the account.")
    username: str = Field(description="Sign-in name.")
    first_name: str | None = Field(description="Given name.")
    last_name: str | None = Field(description="Family name.")
    created_at: datetime = Field(description="When the account was opened, in UTC.")


class UserPrivate(UserPublic):
    """An account as its owner and administrators see it."""

    model_config = example(PRIVATE)

    email: str = Field(description="E-mail address.")
    email_verified: bool = Field(description="Whether a letter has reached its owner there.")
    phone_number: str | None = Field(description="Telephone number.")
    role: Role = Field(description="What the account may do.")
    is_active: bool = Field(description="Whether it can be used.")
    updated_at: datetime = Field(description="When it last changed, in UTC.")


class TokenForm(BaseModel):
    """The form of OAuth2; what a client sends besides is of no interest."""

    model_config = example({"username": "ada", "password": "four unrelated words here"})

    grant_type: Literal["password", "refresh_token"] = Field(
        default="password", description="Whether a password is sent, or a refresh token."
    )
    username: LoginName | SkipJsonSchema[None] = None
    password: GivenPassword | SkipJsonSchema[None] = Field(
        default=None,
        description="The password of the account.",
        examples=["four unrelated words here"],
    )
    refresh_token: str | SkipJsonSchema[None] = Field(
        default=None, description="For `refresh_token`: the newest one of the session."
    )


class OAuthError(ErrorMessage):
    """A refusal, also in the words of OAuth2 (RFC 6749, 5.2)."""

    model_config = example(
        {
            "detail": "Incorrect username or password",
            "error": "invalid_grant",
            "error_description": "Incorrect username or password",
        }
    )

    error: str = Field(description="Machine-readable kind of the problem.")
    error_description: str = Field(description="What went wrong, for a developer to read.")


class OAuthInvalidInput(InvalidInput):
    """Everything wrong with a form of OAuth2."""

    model_config = example(
        {
            "detail": [{"type": "missing", "loc": ["body", "password"], "msg": "Field required"}],
            "error": "invalid_request",
            "error_description": "password: Field required",
        }
    )

    error: str = Field(description="`invalid_request` or `unsupported_grant_type`.")
    error_description: str = Field(description="What went wrong, for a developer to read.")


class LoginRequest(BaseModel):
    """An e-mail address (or user name) and its password."""

    model_config = example({"email": "ada@example.com", "password": "four unrelated words here"})

    email: LoginName
    password: GivenPassword = Field(description="The password of the account.")


class RefreshRequest(BaseModel):
    """A refresh token to exchange."""

    model_config = example({"refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"})

    refresh_token: str = Field(description="The newest refresh token of the session.")


class PasswordChange(BaseModel):
    """The present password and the one to replace it."""

    model_config = example(
        {"current_password": "four unrelated words here", "new_password": "or maybe five of them"}
    )

    current_password: GivenPassword = Field(description="The password as it is now.")
    new_password: NewPassword


class TokenPair(BaseModel):
    """The tokens of a session."""

    model_config = example(
        {
            "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.YWNjZXNz",
            "token_type": "bearer",
            "expires_in": 1800,
            "refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.cmVmcmVzaA",
        }
    )

    access_token: str = Field(description="Sent as `Authorization: Bearer ...`.")
    token_type: str = Field(default="bearer", description="Whoever bears the token is let in.")
    expires_in: int = Field(description="Seconds until the access token expires.")
    refresh_token: str = Field(description="Good for one exchange for a new pair.")
