"""Index tags without case, books by when they came, and shelves in the order that they are read in.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_user_link_tag_folded": "user_link_tag (lower(name), user_link_id)",
    "ix_book_created_at": "book (created_at)",
    "ix_user_book_user_id_date_added": "user_book (user_id, date_added)",
}


def upgrade() -> None:
    """Build the indexes, on PostgreSQL beside the running app."""
    if op.get_bind().dialect.name == "sqlite":
        for name, columns in INDEXES.items():
            op.execute(f"CREATE INDEX {name} ON {columns}")
        return
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # the rest of an attempt
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {columns}")


def downgrade() -> None:
    """Drop them."""
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
