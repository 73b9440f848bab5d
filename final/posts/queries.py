"""Reading posts as they are shown: columns, not entities, and in one query with their tags."""

from typing import Any

from sqlalchemy import Select, case, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.reading import fetch_rows
from final.core.root_path import outward
from final.posts.models import Post
from final.posts.schemas import PostAuthor, PostPublic
from final.posts.tags.queries import TAGS, split_tags
from final.users.models import DELETED_USER, User

IMAGES = "/api/v1/posts/images"
# Whose text stays when an account is deleted for good.
IS_HEIR = col(User.username_key) == DELETED_USER
COLUMNS: tuple[Any, ...] = (
    Post.id,
    Post.title,
    Post.slug,
    Post.content,
    Post.published,
    Post.image,
    Post.created_at,
    Post.updated_at,
    Post.published_at,
    Post.author_id,
    # A deactivated account is invisible everywhere, so its posts stay without a name.
    case((or_(col(User.is_active), IS_HEIR), col(User.username))).label("username"),
    TAGS,
)


def select_posts() -> Select[Any]:
    """Select what a view of a post is made of; the caller adds which and how many.

    Each post has its author. The join is an outer one so that counting can do without.
    """
    return select(*COLUMNS).outerjoin(User, col(User.id) == Post.author_id)


async def read_posts(session: AsyncSession, query: Any) -> list[PostPublic]:
    """Run a query made from `select_posts` and return the posts."""
    return [view(row) for row in await fetch_rows(session, query)]


def view(row: Any) -> PostPublic:
    """Build the view of a post from its row."""
    return PostPublic(
        id=row.id,
        title=row.title,
        slug=row.slug,
        content=row.content,
        published=row.published,
        author=PostAuthor(id=row.author_id, username=row.username),
        tags=split_tags(row.tags),
        image_url=outward(f"{IMAGES}/{row.image}") if row.image else None,
        published_at=row.published_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
