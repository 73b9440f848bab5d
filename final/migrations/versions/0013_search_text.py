"""Keep what searches look into, in the form in which accents and width do not matter.

Revision ID: 0013
Revises: 0012
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from alembic import op

from final.core.text.search import search_form, words_of

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BATCH = 1000
SOURCES: dict[str, tuple[str, Callable[..., str]]] = {
    "link": ("title, url", lambda title, url: search_form(title, url, decoded(url))),
    "user_link": ("title, description", search_form),
    "user": ("username, first_name, last_name", search_form),
}
# What was indexed before.
TITLES = {"link": "coalesce({}title, {}url)", "user_link": "{}title"}


def decoded(url: str) -> str | None:
    """Return what an escaped address says."""
    return unquote(url) if "%" in url else None


def on_sqlite() -> bool:
    """Tell which of the two databases this is."""
    return bool(op.get_bind().dialect.name == "sqlite")


@contextmanager
def in_steps() -> Iterator[None]:
    """Let each statement stand alone on PostgreSQL, so that nobody waits for all of them."""
    if on_sqlite():
        yield
        return
    with op.get_context().autocommit_block():
        yield


def upgrade() -> None:
    """Add the column, fill it, and index it in place of the titles."""
    drop_text_index(TITLES)
    for table in SOURCES:
        column = sa.Column("search_text", sa.Text, nullable=False, server_default=sa.text("''"))
        op.add_column(table, column, if_not_exists=None if on_sqlite() else True)
    with in_steps():
        for table, (columns, make) in SOURCES.items():
            fill(table, columns, lambda *values, make=make: {"search_text": make(*values)})
        fill("book", "title, author, genre", book_keys)
        index_posts()
    create_text_index(dict.fromkeys(SOURCES, "{}search_text"))


def downgrade() -> None:
    """Index titles again; searches need the program of before, and `reindex`."""
    drop_text_index(SOURCES)
    for table in SOURCES:
        op.drop_column(table, "search_text")
    create_text_index(TITLES)


def fill(table: str, columns: str, make: Callable[..., dict[str, str | None]]) -> None:
    """Compute columns of every row from others, some rows at a time."""
    bind, last = op.get_bind(), 0
    some = sa.text(
        f'SELECT id, {columns} FROM "{table}" WHERE id > :last ORDER BY id LIMIT {BATCH}'
    )
    while rows := bind.execute(some, {"last": last}).all():
        values = [{"row_id": row_id, **make(*texts)} for row_id, *texts in rows]
        names = [name for name in values[0] if name != "row_id"]
        change = ", ".join(f"{name} = :{name}" for name in names)
        bind.execute(sa.text(f'UPDATE "{table}" SET {change} WHERE id = :row_id'), values)
        last = rows[-1].id


def book_keys(title: str, author: str, genre: str | None) -> dict[str, str | None]:
    """Return what books are sorted and found by."""
    return {
        "title_key": search_form(title),
        "author_key": search_form(author),
        "genre_key": genre and search_form(genre),
    }


def index_posts() -> None:
    """Cut the published posts into words anew."""
    bind, last = op.get_bind(), 0
    some = sa.text(
        "SELECT id, title, content FROM post WHERE published AND id > :last ORDER BY id LIMIT 200"
    )
    while rows := bind.execute(some, {"last": last}).all():
        entries: list[dict[str, Any]] = [
            {"id": row.id, "words": words(f"{row.title} {row.content}")} for row in rows
        ]
        bind.execute(sa.text("UPDATE post_index SET words = :words WHERE rowid = :id"), entries)
        last = rows[-1].id


def words(text: str) -> str:
    """Return the words of a post as its index keeps them."""
    return " ".join(word[:100] for word in words_of(text[:120_000]))


def create_text_index(sources: dict[str, str]) -> None:
    """Index texts by their trigrams."""
    for table, text in sources.items():
        if on_sqlite():
            create_text_table(table, text)
            continue
        with in_steps():
            name = f"ix_{table}_trigrams"
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # the rest of an attempt
            op.execute(
                f'CREATE INDEX CONCURRENTLY {name} ON "{table}" '
                f"USING gin (trigrams({text.replace('{}', '')}))"
            )


def create_text_table(table: str, text: str) -> None:
    """Create a search table for FTS5 and the triggers that fill it."""
    old, new = (f"lower({text.replace('{}', row)})" for row in ("", "new."))
    remove = f"DELETE FROM {table}_text WHERE rowid = old.id;"
    add = f"INSERT INTO {table}_text (rowid, text) SELECT new.id, {new} WHERE {new} IS NOT NULL;"
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_text USING fts5(text, tokenize = 'trigram case_sensitive 1')"
    )
    op.execute(
        f'INSERT INTO {table}_text (rowid, text) SELECT id, {old} FROM "{table}" '
        f"WHERE {old} IS NOT NULL"
    )
    columns = "search_text" if "search_text" in text else "title"
    columns += ", url" if "url" in text else ""
    for event, work in (
        ("INSERT", add),
        ("DELETE", remove),
        (f"UPDATE OF {columns}", remove + add),
    ):
        name = f"{table}_text_{event.split()[0].lower()}"
        op.execute(f'CREATE TRIGGER {name} AFTER {event} ON "{table}" BEGIN {work} END')


def drop_text_index(tables: dict[str, Any]) -> None:
    """Drop the index over these tables."""
    for table in tables:
        if on_sqlite():
            for event in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER {table}_text_{event}")
            op.execute(f"DROP TABLE {table}_text")
        else:
            op.execute(f"DROP INDEX IF EXISTS ix_{table}_trigrams")
