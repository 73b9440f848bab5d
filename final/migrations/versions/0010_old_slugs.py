"""Remember every slug that a post had, so that old addresses lead on.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, with the slugs that there are."""
    slug = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")
    post = sa.ForeignKey("post.id", ondelete="CASCADE")
    op.create_table(
        "post_slug",
        sa.Column("slug", slug, primary_key=True),
        sa.Column("post_id", sa.Integer(), post, nullable=False),
    )
    op.create_index("ix_post_slug_post_id", "post_slug", ["post_id"])
    op.execute("INSERT INTO post_slug (slug, post_id) SELECT slug, id FROM post")


def downgrade() -> None:
    """Drop it; old addresses lead nowhere."""
    op.drop_table("post_slug")
