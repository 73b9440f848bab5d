"""Index posts by when they were published: the order in which people read them.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEX = "ix_post_published_published_at"


def upgrade() -> None:
    """Build the index, on PostgreSQL beside the running app."""
    if op.get_bind().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")  # the rest of an attempt
            op.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON post (published, published_at, id)")
    else:
        op.execute(f"CREATE INDEX {INDEX} ON post (published, published_at, id)")


def downgrade() -> None:
    """Drop the index."""
    op.drop_index(INDEX, "post")
