"""Create the tables of links, of who has them, and of their clicks.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create link first: the others refer to it."""
    create_link()
    create_user_link()
    create_user_link_tag()
    create_link_clicks()


def create_link() -> None:
    """Create links; alias and short code share one unique key."""
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_hash", sa.String(64), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(300)),
        sa.Column("key", sa.String(30), nullable=False),
        sa.Column("alias", sa.String(30)),
        sa.Column("short_code", sa.String(30)),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("max_clicks", sa.Integer()),
        sa.Column("expires_at", UTCDateTime()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("user.id", ondelete="SET NULL")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_key", "link", ["key"], unique=True)
    op.create_index("ix_link_url_hash", "link", ["url_hash"])
    op.create_index("ix_link_user_id", "link", ["user_id"])
    op.create_index(
        "ix_link_shared_url_hash",
        "link",
        ["url_hash"],
        unique=True,
        sqlite_where=sa.text("is_shared"),
        postgresql_where=sa.text("is_shared"),
    )


def create_user_link() -> None:
    """Create the entries of people's lists; nobody has a link twice."""
    op.create_table(
        "user_link",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "link_id", sa.Integer(), sa.ForeignKey("link.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("url_hash", sa.String(64)),
        sa.Column("title", sa.String(200)),
        sa.Column("description", sa.Text()),
        sa.UniqueConstraint("user_id", "link_id", name="uq_user_link_user_id_link_id"),
        sa.UniqueConstraint("user_id", "url_hash", name="uq_user_link_user_id_url_hash"),
    )
    op.create_index("ix_user_link_link_id", "user_link", ["link_id"])


def create_user_link_tag() -> None:
    """Create tags; they go when their entry goes."""
    op.create_table(
        "user_link_tag",
        sa.Column(
            "user_link_id",
            sa.Integer(),
            sa.ForeignKey("user_link.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("name", sa.String(50), primary_key=True),
    )


def create_link_clicks() -> None:
    """Create the clicks of each day; they go when their link goes."""
    op.create_table(
        "link_clicks",
        sa.Column(
            "link_id", sa.Integer(), sa.ForeignKey("link.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """Drop them all; every link is gone."""
    op.drop_table("link_clicks")
    op.drop_table("user_link_tag")
    op.drop_table("user_link")
    op.drop_table("link")
