"""What goes into and comes out of the link routes."""

from datetime import date, datetime

from pydantic import BaseModel, Field, JsonValue, field_validator
from pydantic.json_schema import SkipJsonSchema

from final.core.fields import Change, ensure_not_null, example
from final.links.addresses.urls import WebAddress
from final.links.fields import (
    Alias,
    Description,
    ExpiresAt,
    ForwardQuery,
    IsPrivate,
    MaxClicks,
    Tags,
    Title,
)

URL = "https://fastapi.tiangolo.com/"
LINK: dict[str, JsonValue] = {
    "title": "SQLModel",
    "url": "https://sqlmodel.tiangolo.com/",
    "description": "Tables and schemas",
}
PUBLIC = LINK | {"id": 1, "created_at": "2026-01-31T12:00:00Z", "user_id": 1}
SHORT: dict[str, JsonValue] = {
    "id": 1,
    "alias": "fastapi",
    "original_url": "https://fastapi.tiangolo.com/",
    "user_id": 1,
    "title": "FastAPI",
    "short_code": None,
    "short_url": "https://lnk.example/fastapi",
    "clicks": 0,
    "is_private": False,
    "created_at": "2026-01-31T12:00:00Z",
}
OWN: dict[str, JsonValue] = {
    "last_checked_at": None,
    "last_status": None,
    "user_link_id": 1,
    "default_title": "FastAPI",
    "tags": ["python"],
}
SAVED = PUBLIC | SHORT | OWN | {"url": SHORT["original_url"], "description": "Web framework"}


class LinkCreate(BaseModel):
    """A link to save."""

    model_config = example(LINK)

    title: Title
    url: WebAddress
    description: Description | None = Field(default=None, description="What the link is about.")
    is_private: IsPrivate = False


class ShortenRequest(BaseModel):
    """A URL to shorten, with an alias of one's own or without."""

    model_config = example({"alias": "fastapi", "original_url": URL})

    alias: Alias | None = None
    title: Title | None = None
    original_url: WebAddress
    is_private: IsPrivate = False
    expires_at: ExpiresAt | None = None
    max_clicks: MaxClicks | None = None
    forward_query: ForwardQuery = False


class LinkUpdate(Change):
    """Changes to a link in one's list: only what is sent is changed, and null clears."""

    model_config = example({"title": "FastAPI, the framework", "tags": ["python", "web"]})

    title: Title | None = None
    description: Description | None = None
    tags: Tags | SkipJsonSchema[None] = None
    is_private: IsPrivate | SkipJsonSchema[None] = None
    original_url: WebAddress | SkipJsonSchema[None] = Field(
        default=None, description="Where the link leads from now on; the short URL stays."
    )
    alias: Alias | None = Field(default=None, description="Null gives a short code instead.")
    expires_at: ExpiresAt | None = None
    max_clicks: MaxClicks | None = None
    forward_query: ForwardQuery | SkipJsonSchema[None] = None

    _not_null = field_validator("tags", "is_private", "original_url", "forward_query")(
        ensure_not_null
    )


class LinkPublic(BaseModel):
    """A link as everyone sees it."""

    model_config = example(PUBLIC)

    id: int = Field(description="The number of the link.")
    title: str = Field(description="Its creator's title for it, or the page's own, or the URL.")
    url: str = Field(description="Where it leads.")
    description: str | None = Field(description="What its creator wrote about it.")
    created_at: datetime = Field(description="When it was made, in UTC.")
    user_id: int | None = Field(description="Who made it; null when they have left or hidden it.")


class ShortLink(BaseModel):
    """A short link."""

    model_config = example(SHORT)

    id: int = Field(description="The number of the link.")
    alias: str | None = Field(description="The name that somebody chose for it.")
    original_url: str = Field(description="Where it leads.")
    user_id: int | None = Field(description="Who made it; null when they have left or hidden it.")
    title: str | None = Field(description="The caller's title for it, or the page's own.")
    short_code: str | None = Field(description="The code that it got in place of an alias.")
    short_url: str = Field(description="The short address.")
    clicks: int = Field(description="How often it was followed.")
    is_private: bool = Field(description="Whether it is in the caller's own list only.")
    created_at: datetime = Field(description="When it was made, in UTC.")


class LinkSaved(ShortLink):
    """A link in the caller's own list."""

    model_config = example(SAVED)

    user_link_id: int = Field(description="The number of the entry in the list.")
    last_checked_at: datetime | None = Field(description="When its target was last asked for.")
    last_status: int | None = Field(description="What it answered; null is no answer.")
    default_title: str | None = Field(description="The page's own title.")
    tags: list[str] = Field(description="The caller's own tags.")
    url: str = Field(description="Where it leads; the same as `original_url`.")
    description: str | None = Field(description="What the caller wrote about it.")


class LinkPreview(BaseModel):
    """Where a short URL leads, to look before one leaps."""

    model_config = example(
        {
            "short_url": "https://lnk.example/fastapi",
            "original_url": "https://fastapi.tiangolo.com/",
            "title": "FastAPI",
            "created_at": "2026-01-31T12:00:00Z",
            "expires_at": None,
            "max_clicks": None,
        }
    )

    short_url: str = Field(description="The short address.")
    original_url: str = Field(description="Where it leads.")
    title: str = Field(description="Its creator's title for it, or the page's own, or the URL.")
    created_at: datetime = Field(description="When it was made, in UTC.")
    expires_at: datetime | None = Field(description="When it will be gone.")
    max_clicks: int | None = Field(description="After how many clicks it will be gone.")


class DayClicks(BaseModel):
    """The clicks of one day."""

    model_config = example({"day": "2026-01-31", "clicks": 12})

    day: date = Field(description="The day, in UTC.")
    clicks: int = Field(description="How often the link was followed on it.")


class LinkStats(BaseModel):
    """How often a link was followed, and when."""

    model_config = example(
        {"key": "fastapi", "clicks": 12, "days": [{"day": "2026-01-31", "clicks": 12}]}
    )

    key: str = Field(description="Alias or short code.")
    clicks: int = Field(description="How often it was followed in all.")
    days: list[DayClicks] = Field(description="Days with clicks, the first one first.")
