"""Let short URLs pass their query on.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add whether; none does so far."""
    column = sa.Column("forward_query", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("link", column)


def downgrade() -> None:
    """Drop it: queries end at the short URL."""
    op.drop_column("link", "forward_query")
