"""Export: all published posts, in as much memory as one batch of them takes."""

import csv
from collections.abc import AsyncIterator, Callable
from io import StringIO

from sqlmodel import col

from final.core.database.batches import read_in_batches
from final.core.database.engine import Database
from final.core.text.cells import harmless_cells
from final.posts.models import Post
from final.posts.queries import select_posts, view
from final.posts.schemas import ExportFormat, PostPublic

BATCH = 200
COLUMNS = ("id", "title", "slug", "content", "author", "tags", "image_url")
TIMES = ("created_at", "updated_at")

Encoder = Callable[[list[PostPublic]], str]


async def batches(database: Database) -> AsyncIterator[list[PostPublic]]:
    """Read published posts by ascending number, some at a time."""
    published = select_posts().where(col(Post.published).is_(True))
    async for rows in read_in_batches(database, published, BATCH):
        yield [view(row) for row in rows]


async def export(database: Database, kind: ExportFormat) -> AsyncIterator[str]:
    """Yield the export in pieces of one batch each; CSV begins with the names of the columns."""
    encode: Encoder = to_jsonl if kind is ExportFormat.JSONL else to_csv
    if kind is ExportFormat.CSV:
        yield ",".join(COLUMNS + TIMES) + "\r\n"
    async for posts in batches(database):
        yield encode(posts)


def to_jsonl(posts: list[PostPublic]) -> str:
    """Write one JSON object a line."""
    return "".join(f"{post.model_dump_json()}\n" for post in posts)


def to_csv(posts: list[PostPublic]) -> str:
    """Write lines of comma-separated values."""
    lines = StringIO()
    csv.writer(lines).writerows(map(cells, posts))
    return lines.getvalue()


def cells(post: PostPublic) -> list[str]:
    """Return the cells of a post, in the order of the columns."""
    return harmless_cells(
        str(post.id),
        post.title,
        post.slug,
        post.content,
        post.author.username or "",
        ", ".join(post.tags),
        post.image_url or "",
        post.created_at.isoformat(),
        post.updated_at.isoformat(),
    )
