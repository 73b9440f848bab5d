"""Index the titles of links by their trigrams, for searches in a long list.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What a link is called where nobody calls it something else, and what somebody calls it.
TITLES = {"link": "coalesce({}title, {}url)", "user_link": "{}title"}


def upgrade() -> None:
    """Index what is there, and let the database keep the index up to date."""
    if op.get_bind().dialect.name == "sqlite":
        for table, title in TITLES.items():
            create_text_table(table, title)
    else:
        create_trigram_indexes()


def create_text_table(table: str, title: str) -> None:
    """Create a search table for FTS5 and the triggers that fill it.

    `lower` is Python's, which knows more letters than SQLite; hence `case_sensitive`.
    """
    old, new = (f"lower({title.replace('{}', row)})" for row in ("", "new."))
    remove = f"DELETE FROM {table}_text WHERE rowid = old.id;"
    add = f"INSERT INTO {table}_text (rowid, text) SELECT new.id, {new} WHERE {new} IS NOT NULL;"
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_text USING fts5(text, tokenize = 'trigram case_sensitive 1')"
    )
    op.execute(
        f"INSERT INTO {table}_text (rowid, text) SELECT id, {old} FROM {table} "
        f"WHERE {old} IS NOT NULL"
    )
    for event, work in (
        ("INSERT", add),
        ("DELETE", remove),
        ("UPDATE OF " + ("title, url" if table == "link" else "title"), remove + add),
    ):
        name = f"{table}_text_{event.split()[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {work} END")


def create_trigram_indexes() -> None:
    """Create the function that cuts a text into trigrams, and the indexes over it."""
    op.execute(
        "CREATE OR REPLACE FUNCTION trigrams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE "
        "RETURN (SELECT array_agg(DISTINCT substr(lower(words), place, 3)) "
        "FROM generate_series(1, length(lower(words)) - 2) AS place)"
    )
    with op.get_context().autocommit_block():
        for table, title in TITLES.items():
            name, words = f"ix_{table}_trigrams", title.replace("{}", "")
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # the rest of an attempt
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} USING gin (trigrams({words}))")


def downgrade() -> None:
    """Drop the index; searches then need the program of before."""
    if op.get_bind().dialect.name == "sqlite":
        for table in TITLES:
            for event in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER {table}_text_{event}")
            op.execute(f"DROP TABLE {table}_text")
    else:
        for table in TITLES:
            op.execute(f"DROP INDEX ix_{table}_trigrams")
        op.execute("DROP FUNCTION trigrams")
