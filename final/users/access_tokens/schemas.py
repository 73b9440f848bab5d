"""What goes into and comes out of the routes of personal access tokens."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, JsonValue, StringConstraints

from final.core.database.engine import utcnow
from final.core.fields import Line, Moment, example

TOKEN: dict[str, JsonValue] = {
    "id": 1,
    "name": "Backup script",
    "created_at": "2026-01-31T12:00:00Z",
    "expires_at": "2030-01-31T12:00:00Z",
    "last_used_at": None,
}
SECRET: dict[str, JsonValue] = {"token": "linkhub_vHwJ2Yh1n0gqfmQyVb3bQ0T9kq4cXh7Zb1r2s3t4u5v"}


def ahead(moment: datetime) -> datetime:
    """Refuse a moment that has passed."""
    if moment <= utcnow():
        raise ValueError("must be in the future")
    return moment


class AccessTokenCreate(BaseModel):
    """A token to make."""

    model_config = example({"name": "Backup script", "expires_at": "2030-01-31T12:00:00Z"})

    name: Annotated[Line, StringConstraints(min_length=1, max_length=100)] = Field(
        description="What it is for."
    )
    expires_at: Annotated[Moment, AfterValidator(ahead)] | None = Field(
        default=None, description="Until when it is good; null is until it is revoked."
    )


class AccessTokenPublic(BaseModel):
    """A token, without what makes it one."""

    model_config = example(TOKEN)

    id: int = Field(description="The number of the token.")
    name: str = Field(description="What it is for.")
    created_at: datetime = Field(description="When it was made, in UTC.")
    expires_at: datetime | None = Field(description="Until when it is good.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute.")


class AccessTokenCreated(AccessTokenPublic):
    """A token as it is shown once and never again."""

    model_config = example(TOKEN | SECRET)

    token: str = Field(description="To be sent as `Authorization: Bearer ...`.")
