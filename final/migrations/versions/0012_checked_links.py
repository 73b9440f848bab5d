"""Remember what became of the targets of links.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when they were asked for, and what they answered."""
    op.add_column("link", sa.Column("last_checked_at", UTCDateTime()))
    op.add_column("link", sa.Column("last_status", sa.Integer()))


def downgrade() -> None:
    """Drop both."""
    op.drop_column("link", "last_status")
    op.drop_column("link", "last_checked_at")
