"""The tables of links, of who has them, and of their clicks."""

from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, event, false, text, true
from sqlmodel import Field, SQLModel

from final.core.database.engine import utcnow
from final.core.text.search import search_form

SHARED = text("is_shared")

EMPTY = {"server_default": text("''")}


class Link(SQLModel, table=True):
    """An address behind a short one; it lives as long as somebody has it in their list.

    `key` is alias or short code in small letters: one unique index makes them one name space.
    A shared link is the one that everybody gets who shortens its URL without wishes of their own;
    a partial unique index lets there be one per URL. URLs are found by their hash, because an
    index has no room for long ones. A link is public while anybody shows it in their list;
    `service.settle_link` keeps that true.
    """

    __table_args__ = (
        Index(
            "ix_link_shared_url_hash",
            "url_hash",
            unique=True,
            sqlite_where=SHARED,
            postgresql_where=SHARED,
        ),
        Index(
            "ix_link_public",
            "id",
            sqlite_where=text("is_public = 1"),
            postgresql_where=text("is_public"),
        ),
        # A cached redirect must never meet another link under the same number.
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, primary_key=True)
    url: str = Field(sa_type=Text)
    url_hash: str = Field(max_length=64, index=True)
    is_shared: bool = Field(default=False)
    is_public: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    title: str | None = Field(default=None, max_length=300)
    key: str = Field(max_length=30, unique=True, index=True)
    alias: str | None = Field(default=None, max_length=30)
    short_code: str | None = Field(default=None, max_length=30)
    clicks: int = Field(default=0, sa_type=BigInteger)
    max_clicks: int | None = Field(default=None)
    expires_at: datetime | None = Field(default=None)
    forward_query: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    created_at: datetime = Field(default_factory=utcnow)
    last_checked_at: datetime | None = None
    last_status: int | None = None
    user_id: int | None = Field(
        default=None, foreign_key="user.id", ondelete="SET NULL", index=True
    )
    # What searches look into.
    search_text: str = Field(default="", sa_type=Text, sa_column_kwargs=EMPTY)

    def __init__(self, **values: Any) -> None:
        """Describe a link."""
        super().__init__(**values)
        note_search_text(self)


class UserLink(SQLModel, table=True):
    """A link in somebody's list, with their own words for it.

    `url_hash` is set when the entry came by shortening: the same URL twice is refused by its
    unique key, however close together the two requests are.
    """

    __tablename__ = "user_link"
    __table_args__ = (
        UniqueConstraint("user_id", "link_id", name="uq_user_link_user_id_link_id"),
        UniqueConstraint("user_id", "url_hash", name="uq_user_link_user_id_url_hash"),
    )

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", ondelete="CASCADE")
    link_id: int = Field(foreign_key="link.id", ondelete="CASCADE", index=True)
    url_hash: str | None = Field(default=None, max_length=64)
    title: str | None = Field(default=None, max_length=200)
    description: str | None = Field(default=None, sa_type=Text)
    is_private: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    search_text: str = Field(default="", sa_type=Text, sa_column_kwargs=EMPTY)

    def __init__(self, **values: Any) -> None:
        """Describe an entry."""
        super().__init__(**values)
        note_search_text(self)


class UserLinkTag(SQLModel, table=True):
    """One tag of one entry in somebody's list."""

    __tablename__ = "user_link_tag"

    user_link_id: int = Field(foreign_key="user_link.id", ondelete="CASCADE", primary_key=True)
    name: str = Field(max_length=50, primary_key=True)


class LinkCheck(SQLModel, table=True):
    """A list that is to be checked, until that is done."""

    __tablename__ = "link_check"

    user_id: int = Field(foreign_key="user.id", ondelete="CASCADE", primary_key=True)
    requested_at: datetime = Field(default_factory=utcnow)


class LinkClicks(SQLModel, table=True):
    """How often a link was followed on one day, in UTC."""

    __tablename__ = "link_clicks"

    link_id: int = Field(foreign_key="link.id", ondelete="CASCADE", primary_key=True)
    day: date = Field(primary_key=True)
    clicks: int = Field(sa_type=BigInteger)


def link_text(title: str | None, url: str) -> str:
    """Return what a link is found by."""
    return search_form(title, url, unquote(url) if "%" in url else None)


def search_text_of(row: Link | UserLink) -> str:
    """Return what searches look into."""
    if isinstance(row, Link):
        return link_text(row.title, row.url)
    return search_form(row.title, row.description)


def note_search_text(row: Link | UserLink) -> None:
    """Keep what searches look into in step with what it is made of."""
    row.search_text = search_text_of(row)


@event.listens_for(Link, "before_update")
@event.listens_for(UserLink, "before_update")
def note_before_update(_mapper: object, _connection: object, row: Link | UserLink) -> None:
    """Note it once more for a row that was loaded and changed."""
    note_search_text(row)
