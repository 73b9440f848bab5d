"""The tables of accounts, of their sessions, of tokens for scripts and in letters."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Enum, Text, false, text
from sqlmodel import Field, SQLModel

from final.core.database.engine import utcnow

# What shows names of accounts is cached under this tag as well.
USERS_TAG = "users"
# Under which stays what others need of a deleted account; the space keeps everybody off the name.
DELETED_USER = "deleted user"

EMPTY = {"server_default": text("''")}


class Role(StrEnum):
    """What an account may do beyond its own affairs."""

    USER = "user"
    ADMIN = "admin"


# Stored as its word, not as a type of the database: a new role needs no change of schema.
RoleName = Enum(
    Role, native_enum=False, length=20, values_callable=lambda roles: [role.value for role in roles]
)


class User(SQLModel, table=True):
    """An account.

    The two keys hold name and address in the form in which equal ones are equal, whatever their
    case or Unicode spelling. They carry the unique indexes, and every look-up goes through them.
    """

    id: int = Field(default=None, primary_key=True)
    username: str = Field(max_length=50)
    username_key: str = Field(max_length=50, unique=True, index=True)
    email: str = Field(max_length=254)
    email_key: str = Field(unique=True, index=True)
    first_name: str | None = Field(default=None, max_length=100)
    last_name: str | None = Field(default=None, max_length=100)
    phone_number: str | None = Field(default=None, max_length=32)
    email_verified: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    hashed_password: str = Field(max_length=255)
    role: Role = Field(default=Role.USER, sa_column=Column(RoleName, nullable=False))
    is_active: bool = Field(default=True)
    # What searches look into.
    search_text: str = Field(default="", sa_type=Text, sa_column_kwargs=EMPTY)
    created_at: datetime = Field(default_factory=utcnow)
    updated_at: datetime = Field(default_factory=utcnow, sa_column_kwargs={"onupdate": utcnow})

    @property
    def is_admin(self) -> bool:
        """Tell whether the account may manage others."""
        return self.role == Role.ADMIN


class AuthSession(SQLModel, table=True):
    """One sign-in and all the tokens that descend from it: revoking it ends them at once."""

    __tablename__ = "auth_session"
    # SQLite would give the number of a swept-away session to the next one.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    refresh_jti: str = Field(max_length=32)
    created_at: datetime = Field(default_factory=utcnow)
    expires_at: datetime
    revoked_at: datetime | None = None


class AccessToken(SQLModel, table=True):
    """A token for scripts: good until it is revoked, whoever signs in or out meanwhile."""

    __tablename__ = "access_token"

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    name: str = Field(max_length=100)
    token_hash: str = Field(max_length=64, unique=True, index=True)
    created_at: datetime = Field(default_factory=utcnow)
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class MailToken(SQLModel, table=True):
    """What a letter holds to prove that it has arrived; as many rows as letters, for an hour."""

    __tablename__ = "mail_token"

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    purpose: str = Field(max_length=20)
    token_hash: str = Field(max_length=64, unique=True, index=True)
    created_at: datetime = Field(default_factory=utcnow)
    expires_at: datetime
    ended_at: datetime | None = None
