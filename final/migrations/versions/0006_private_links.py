"""Let people keep links to themselves.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add who shows what; all that is there so far is shown."""
    for table, name, value in (
        ("user_link", "is_private", sa.false()),
        ("link", "is_public", sa.true()),
    ):
        op.add_column(table, sa.Column(name, sa.Boolean, nullable=False, server_default=value))
    op.create_index(
        "ix_link_public",
        "link",
        ["id"],
        sqlite_where=sa.text("is_public = 1"),
        postgresql_where=sa.text("is_public"),
    )


def downgrade() -> None:
    """Drop it: whatever was private is shown from then on."""
    op.drop_index("ix_link_public", "link")
    op.drop_column("link", "is_public")
    op.drop_column("user_link", "is_private")
