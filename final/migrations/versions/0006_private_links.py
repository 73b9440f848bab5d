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
    """Add who shows what, and an index of what anybody shows; all that is there so far is shown."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, name, value in (
        ("user_link", "is_private", sa.false()),
        ("link", "is_public", sa.true()),
    ):
        column = sa.Column(name, sa.Boolean, nullable=False, server_default=value)
        op.add_column(table, column, if_not_exists=on_postgresql or None)
    if on_postgresql:
        with op.get_context().autocommit_block():
            op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_link_public")  # the rest of an attempt
            op.execute("CREATE INDEX CONCURRENTLY ix_link_public ON link (id) WHERE is_public")
    else:
        op.execute("CREATE INDEX ix_link_public ON link (id) WHERE is_public = 1")


def downgrade() -> None:
    """Drop it: whatever was private is shown from then on."""
    op.drop_index("ix_link_public", "link")
    op.drop_column("link", "is_public")
    op.drop_column("user_link", "is_private")
