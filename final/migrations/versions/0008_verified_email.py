"""Remember which e-mail addresses are verified, and the tokens in letters.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; no address is verified so far."""
    verified = sa.Column("email_verified", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("user", verified)
    user = sa.ForeignKey("user.id", ondelete="CASCADE")
    op.create_table(
        "mail_token",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), user, nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime()),
    )
    op.create_index("ix_mail_token_user_id", "mail_token", ["user_id"])
    op.create_index("ix_mail_token_token_hash", "mail_token", ["token_hash"], unique=True)


def downgrade() -> None:
    """Drop both."""
    op.drop_table("mail_token")
    op.drop_column("user", "email_verified")
