"""The full-text index behind `q`: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Both databases cut texts into words by rules of their own. So that they find the same, the words
are cut here, and each index only ever sees plain words. A word of the query matches every word
that begins with it, and a post has to match all of them. `core/text/search.py` has the rule.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    literal_column,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import Database
from final.core.text.search import words_of
from final.posts.models import Post

# `document` is what PostgreSQL derives from `words`; SQLite matches the table as a whole.
ENTRIES = table("post_index", column("rowid", Integer), column("words", String), column("document"))
# Within what PostgreSQL takes: 1 MB in all, 2 KB a word.
MAX_TEXT, MAX_WORD = 120_000, 100
BATCH = 200


def matches(dialect: str, text: str) -> ColumnElement[bool]:
    """Return the condition that a post has all words of a text, or their beginnings."""
    words = sought_words(text)
    if not words:
        return false()
    if dialect == "sqlite":
        query = " ".join(f'"{word}"*' for word in words)
        found = literal_column("post_index").bool_op("MATCH")(query)
    else:
        query = " & ".join(f"'{word}':*" for word in words)
        found = ENTRIES.c.document.bool_op("@@")(cast(literal(query), TSQUERY))
    return col(Post.id).in_(select(ENTRIES.c.rowid).where(found))


def has_words(text: str) -> ColumnElement[bool]:
    """Return the same condition, to be asked of one post after the other.

    SQLite's index would look for all of them each time.
    """
    found = [func.instr(literal(" ") + ENTRIES.c.words, f" {word}") for word in sought_words(text)]
    return exists().where(ENTRIES.c.rowid == Post.id, *(place > 0 for place in found))


def sought_words(text: str) -> list[str]:
    """Return the words that are looked for."""
    return [word[:MAX_WORD] for word in words_of(text, sought=True)]


def index_words(text: str) -> str:
    """Return the words of a text as the index keeps them."""
    return " ".join(word[:MAX_WORD] for word in words_of(text[:MAX_TEXT]))


def entry_of(post_id: int, title: str, content: str) -> dict[str, Any]:
    """Return the row that the index has of a post."""
    return {"rowid": post_id, "words": index_words(f"{title} {content}")}


async def index_posts(session: AsyncSession, post_ids: Sequence[int]) -> None:
    """Make the index say of these posts what is true now; drafts and deleted ones leave it.

    Posts and drafts alike stay locked until the commit: a later change cannot be overtaken by an
    earlier one.
    """
    query = select(Post.id, Post.published, Post.title, Post.content)
    query = query.where(col(Post.id).in_(post_ids)).order_by(col(Post.id)).with_for_update()
    posts = (await session.exec(query)).all()
    await session.exec(delete(ENTRIES).where(ENTRIES.c.rowid.in_(post_ids)))
    rows = [entry_of(post_id, title, text) for post_id, is_shown, title, text in posts if is_shown]
    if rows:
        await session.exec(insert(ENTRIES).values(rows))


async def forget_posts(session: AsyncSession, which: Any) -> None:
    """Take posts, which a query selects the numbers of, out of the index at once."""
    await session.exec(delete(ENTRIES).where(ENTRIES.c.rowid.in_(which)))


async def index_post(database: Database, post_id: int) -> None:
    """Index one post after it was written; the background task."""
    async with database.transaction() as session:
        await index_posts(session, [post_id])


async def reindex(session: AsyncSession) -> int:
    """Build the whole index anew, batch by batch, and count the posts in it."""
    await session.exec(delete(ENTRIES).where(ENTRIES.c.rowid.not_in(select(Post.id))))
    last = 0
    while True:
        batch = select(Post.id).where(Post.id > last).order_by(col(Post.id)).limit(BATCH)
        post_ids = (await session.exec(batch)).all()
        if not post_ids:
            return await session.scalar(select(func.count()).select_from(ENTRIES)) or 0
        await index_posts(session, post_ids)
        await session.commit()  # whoever writes a post need not wait for the rest
        last = post_ids[-1]
