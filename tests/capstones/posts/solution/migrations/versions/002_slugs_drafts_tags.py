"""Give posts slugs, drafts and tags."""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"


def upgrade() -> None:
    """Add the columns, and the tables of tags; posts that are there are published."""
    with op.batch_alter_table("post") as post:
        post.add_column(sa.Column("published", sa.Boolean(), server_default=sa.true()))
        post.add_column(sa.Column("slug", sa.String()))
    op.execute("UPDATE post SET slug = 'post-' || id")
    with op.batch_alter_table("post") as post:
        post.alter_column("published", nullable=False, server_default=None)
        post.alter_column("slug", nullable=False)
        post.create_unique_constraint("uq_post_slug", ["slug"])
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
    )
    op.create_table(
        "posts_tags",
        *(
            sa.Column(
                f"{table}_id",
                sa.Integer(),
                sa.ForeignKey(f"{table}.id", ondelete="CASCADE"),
                primary_key=True,
            )
            for table in ("post", "tag")
        ),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("posts_tags")
    op.drop_table("tag")
    with op.batch_alter_table("post") as post:
        post.drop_constraint("uq_post_slug", "unique")
        post.drop_column("slug")
        post.drop_column("published")
