"""Create the tables of posts, their tags and their search index.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create posts, then what refers to them."""
    create_post()
    create_tags()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE post_index USING fts5"
            "(words, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3')"
        )
    else:
        create_postgresql_index()


def create_post() -> None:
    """Create posts; the slug is unique and sorts by its bytes."""
    slug = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("slug", slug, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column(
            "author_id", sa.Integer(), sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("image", sa.String(40)),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("published_at", UTCDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_post_slug", "post", ["slug"], unique=True)
    op.create_index("ix_post_image", "post", ["image"], unique=True)
    op.create_index("ix_post_author_id", "post", ["author_id"])
    op.create_index("ix_post_published_id", "post", ["published", "id"])
    for name in ("created_at", "updated_at"):
        op.create_index(f"ix_post_published_{name}", "post", ["published", name, "id"])


def create_tags() -> None:
    """Create tags, and which post bears which; bearing ends with either of the two."""
    op.create_table(
        "post_tag",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.create_index("ix_post_tag_name", "post_tag", ["name"], unique=True)
    post = sa.ForeignKey("post.id", ondelete="CASCADE")
    tag = sa.ForeignKey("post_tag.id", ondelete="CASCADE")
    op.create_table(
        "posts_tags",
        sa.Column("post_id", sa.Integer(), post, primary_key=True),
        sa.Column("tag_id", sa.Integer(), tag, primary_key=True),
    )
    op.create_index("ix_posts_tags_tag_id", "posts_tags", ["tag_id"])


def create_postgresql_index() -> None:
    """Create the search index; words are stored as they come, never parsed by the database."""
    op.execute(
        "CREATE TABLE post_index ("
        "rowid integer PRIMARY KEY REFERENCES post (id) ON DELETE CASCADE, "
        "words text NOT NULL, "
        "document tsvector NOT NULL "
        "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED)"
    )
    op.execute("CREATE INDEX ix_post_index_document ON post_index USING gin (document)")


def downgrade() -> None:
    """Drop it all; posts are gone."""
    for table in ("post_index", "posts_tags", "post_tag", "post"):
        op.drop_table(table)
