"""The tables of posts and their tags; the search index is described in `search`."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlmodel import Field, SQLModel

from final.core.database.engine import utcnow

# Slugs sort by their bytes on both databases, whatever language the server speaks.
SLUG = String(120).with_variant(String(120, collation="C"), "postgresql")


class Post(SQLModel, table=True):
    """An article, or the draft of one."""

    __table_args__ = (
        Index("ix_post_published_id", "published", "id"),
        Index("ix_post_published_published_at", "published", "published_at", "id"),
        Index("ix_post_published_created_at", "published", "created_at", "id"),
        Index("ix_post_published_updated_at", "published", "updated_at", "id"),
        # SQLite would give the number of a deleted post to the next one.
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, primary_key=True)
    title: str = Field(max_length=200)
    slug: str = Field(sa_type=SLUG, unique=True, index=True)
    content: str = Field(sa_type=Text)
    published: bool
    author_id: int = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    image: str | None = Field(default=None, max_length=40, unique=True, index=True)
    created_at: datetime = Field(default_factory=utcnow)
    updated_at: datetime = Field(default_factory=utcnow, sa_column_kwargs={"onupdate": utcnow})
    # When it was first published: a post is announced once, however often it comes and goes.
    published_at: datetime | None = None


class PostSlug(SQLModel, table=True):
    """Every slug that a post has or had: old addresses lead on, and nobody else gets them."""

    __tablename__ = "post_slug"

    slug: str = Field(sa_type=SLUG, primary_key=True)
    post_id: int = Field(foreign_key="post.id", ondelete="CASCADE", index=True)


class PostTag(SQLModel, table=True):
    """A word that posts are grouped by, in the form in which equal words are equal."""

    __tablename__ = "post_tag"

    id: int = Field(default=None, primary_key=True)
    name: str = Field(max_length=50, unique=True, index=True)


class PostTagging(SQLModel, table=True):
    """Which post bears which tag."""

    __tablename__ = "posts_tags"
    __table_args__ = (Index("ix_posts_tags_tag_id_post_id", "tag_id", "post_id"),)

    post_id: int = Field(foreign_key="post.id", ondelete="CASCADE", primary_key=True)
    tag_id: int = Field(foreign_key="post_tag.id", ondelete="CASCADE", primary_key=True)
