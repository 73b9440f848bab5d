"""Index books by what they are sorted by and by the trigrams of their names, and shelves by status.

Revision ID: 0016
Revises: 0015
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Equals are in the order of their numbers, which are then found in the index as well.
NEW = {
    "ix_book_title_key_id": "book (title_key, id)",
    "ix_book_author_key_id": "book (author_key, id)",
    "ix_book_genre_key_id": "book (genre_key, id)",
    "ix_book_publication_year_id": "book (publication_year, id)",
    "ix_user_book_ordered": "user_book (user_id, date_added DESC, book_id)",
    "ix_user_book_status_ordered": "user_book (user_id, status, date_added DESC, book_id)",
    "ix_posts_tags_tag_id_post_id": "posts_tags (tag_id, post_id)",
}
# SQLite needs none to put what is unknown last.
NEW_ON_POSTGRESQL = {
    "ix_book_genre_key_ordered": "book (genre_key DESC NULLS LAST, id)",
    "ix_book_publication_year_ordered": "book (publication_year DESC NULLS LAST, id)",
    "ix_book_trigrams": "book USING gin "
    "(trigrams((title_key || E'\\n' || author_key) COLLATE \"default\"))",
}
OLD = {
    "ix_book_title_key": "book (title_key)",
    "ix_book_author_key": "book (author_key)",
    "ix_book_genre_key": "book (genre_key)",
    "ix_book_publication_year": "book (publication_year)",
    "ix_user_book_user_id_date_added": "user_book (user_id, date_added)",
    "ix_posts_tags_tag_id": "posts_tags (tag_id)",
}
NAMES = "lower({0}title_key || char(10) || {0}author_key)"
ADD = f"INSERT INTO book_text (rowid, text) SELECT new.id, {NAMES.format('new.')};"
REMOVE = "DELETE FROM book_text WHERE rowid = old.id;"
TRIGGERS = {"INSERT": ADD, "DELETE": REMOVE, "UPDATE OF title_key, author_key": REMOVE + ADD}


def on_sqlite() -> bool:
    """Tell which of the two databases this is."""
    return bool(op.get_bind().dialect.name == "sqlite")


@contextmanager
def beside_the_app() -> Iterator[str]:
    """Yield what lets PostgreSQL build or drop an index while others write."""
    if on_sqlite():
        yield ""
        return
    with op.get_context().autocommit_block():
        yield "CONCURRENTLY"


def upgrade() -> None:
    """Build the indexes, then drop those in whose place they are."""
    if on_sqlite():
        create_text_table()
    else:
        op.execute("ALTER FUNCTION trigrams PARALLEL SAFE")  # two workers index in half the time
    replace(OLD, NEW if on_sqlite() else NEW | NEW_ON_POSTGRESQL)


def downgrade() -> None:
    """Build those of before; searches need the program of before."""
    replace(NEW if on_sqlite() else NEW | NEW_ON_POSTGRESQL, OLD)
    if on_sqlite():
        for event in TRIGGERS:
            op.execute(f"DROP TRIGGER book_text_{event.split()[0].lower()}")
        op.execute("DROP TABLE book_text")
    else:
        op.execute("ALTER FUNCTION trigrams PARALLEL UNSAFE")


def replace(old: dict[str, str], new: dict[str, str]) -> None:
    """Build indexes and drop others; the rest of an attempt that failed goes first."""
    with beside_the_app() as how:
        for name, columns in new.items():
            op.execute(f"DROP INDEX {how} IF EXISTS {name}")
            op.execute(f"CREATE INDEX {how} {name} ON {columns}")
        for name in old:
            op.execute(f"DROP INDEX {how} IF EXISTS {name}")


def create_text_table() -> None:
    """Create a search table for FTS5 and the triggers that fill it."""
    op.execute(
        "CREATE VIRTUAL TABLE book_text USING fts5(text, tokenize = 'trigram case_sensitive 1')"
    )
    op.execute(f"INSERT INTO book_text (rowid, text) SELECT id, {NAMES.format('')} FROM book")
    for event, work in TRIGGERS.items():
        name = f"book_text_{event.split()[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON book BEGIN {work} END")
