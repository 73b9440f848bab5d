"""What goes into and comes out of the routes of accounts by mail."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from final.core.fields import example
from final.users.passwords import NewPassword
from final.users.schemas import Email

TOKEN = "vHwJ2Yh1n0gqfmQyVb3bQ0T9kq4cXh7Zb1r2s3t4u5v"
Token = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(description="What the link in the letter ends in.", examples=[TOKEN]),
]


class ForgotPassword(BaseModel):
    """Whose password is forgotten."""

    model_config = example({"email": "ada@example.com"})

    email: Email


class PasswordReset(BaseModel):
    """Another password, by the token of a letter."""

    model_config = example({"token": TOKEN, "new_password": "or maybe five of them"})

    token: Token
    new_password: NewPassword


class EmailVerification(BaseModel):
    """The token of a letter that has arrived."""

    model_config = example({"token": TOKEN})

    token: Token


class LetterSent(BaseModel):
    """What is said of a letter."""

    model_config = example({"detail": "If there is such an account, a letter is on its way."})

    detail: str = Field(description="What happens now.")
