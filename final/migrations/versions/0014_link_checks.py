"""Remember whose links are to be checked, and which worker does so.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; a request goes with its account."""
    user = sa.ForeignKey("user.id", ondelete="CASCADE")
    op.create_table(
        "link_check",
        sa.Column("user_id", sa.Integer(), user, primary_key=True),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(50), primary_key=True),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("held_until", UTCDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop them; what is to be checked has to be asked for again."""
    op.drop_table("lease")
    op.drop_table("link_check")
