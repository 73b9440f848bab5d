"""The tables."""

from datetime import UTC, datetime

from sqlmodel import Field, Relationship, SQLModel


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class User(SQLModel, table=True):
    """Somebody with an account."""

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    email: str = Field(unique=True)
    hashed_password: str
    role: str = "user"


class PostTag(SQLModel, table=True):
    """Which post has which tag."""

    __tablename__ = "posts_tags"

    post_id: int = Field(foreign_key="post.id", primary_key=True, ondelete="CASCADE")
    tag_id: int = Field(foreign_key="tag.id", primary_key=True, ondelete="CASCADE")


class Tag(SQLModel, table=True):
    """A word that posts are found by."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class Post(SQLModel, table=True):
    """A post, or a draft of one."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    slug: str = Field(unique=True)
    content: str
    published: bool = True
    image_url: str | None = None
    author_id: int = Field(default=None, foreign_key="user.id")
    created_at: datetime = Field(default_factory=now, index=True)
    updated_at: datetime = Field(default_factory=now, sa_column_kwargs={"onupdate": now})

    author: User = Relationship()
    tags: list[Tag] = Relationship(link_model=PostTag)
