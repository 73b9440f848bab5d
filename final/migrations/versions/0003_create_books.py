"""Create the tables of the book catalogue and of the shelves.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As in the models: compared by code point on both databases.
FOLDED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create book, then user_book, which refers to it."""
    create_book()
    create_user_book()


def create_book() -> None:
    """Create the catalogue; an ISBN is there once."""
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("title_key", FOLDED, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("author_key", FOLDED, nullable=False),
        sa.Column("isbn", sa.String(13), nullable=False),
        sa.Column("genre", sa.String(50)),
        sa.Column("genre_key", FOLDED),
        sa.Column("publication_year", sa.Integer()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_book_isbn", "book", ["isbn"], unique=True)
    for column in ("title_key", "author_key", "genre_key", "publication_year"):
        op.create_index(f"ix_book_{column}", "book", [column])


def create_user_book() -> None:
    """Create the shelves; a place on one goes when its reader or its book goes."""
    user = sa.ForeignKey("user.id", ondelete="CASCADE")
    book = sa.ForeignKey("book.id", ondelete="CASCADE")
    op.create_table(
        "user_book",
        sa.Column("user_id", sa.Integer(), user, primary_key=True),
        sa.Column("book_id", sa.Integer(), book, primary_key=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("rating", sa.Integer()),
        sa.Column("review_text", sa.String(2000)),
        sa.Column("reviewed_at", UTCDateTime()),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("date_added", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ck_user_book_rating"),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="ck_user_book_progress"),
    )
    op.create_index("ix_user_book_book_id", "user_book", ["book_id"])


def downgrade() -> None:
    """Drop both; books and shelves are gone."""
    op.drop_table("user_book")
    op.drop_table("book")
