"""What posts know of a person."""

from typing import Any

from sqlalchemy import ColumnElement, Select, delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.transaction import on_commit
from final.core.personal_data import PersonalData
from final.core.resources import Resources
from final.posts.effects import POSTS_TAG
from final.posts.finding.search import forget_posts
from final.posts.images import ImageStore
from final.posts.models import Post
from final.posts.tags.queries import TAGS

COLUMNS: tuple[Any, ...] = (
    col(Post.id),
    col(Post.title),
    col(Post.slug),
    col(Post.content),
    TAGS,
    col(Post.published),
    col(Post.image),
    col(Post.created_at),
    col(Post.updated_at),
    col(Post.published_at),
)


def select_written(user_id: int) -> Select[Any]:
    """Select what somebody has written, drafts too."""
    return Select[Any](*COLUMNS).where(col(Post.author_id) == user_id)


async def erase(session: AsyncSession, resources: Resources, user_id: int, heir: int) -> None:
    """Delete drafts and images; the text that was published stays, under another name."""
    mine = col(Post.author_id) == user_id
    await remove_images(session, resources, mine)
    draft = col(Post.published).is_(False)
    await forget_posts(session, select(Post.id).where(mine, draft))  # one that was published before
    await session.exec(delete(Post).where(mine, draft))
    inherited = update(Post).where(mine)
    await session.exec(
        inherited.values(author_id=heir, image=None, updated_at=col(Post.updated_at))
    )
    on_commit(session, resources.cache.invalidate, POSTS_TAG)


async def remove_images(
    session: AsyncSession, resources: Resources, posts: ColumnElement[bool]
) -> None:
    """Remove the images of some posts, as soon as these are without them."""
    images = ImageStore(resources.files)
    for name in filter(None, await session.exec(select(Post.image).where(posts))):
        on_commit(session, images.remove, name)


POSTS = PersonalData("posts", select_written, erase)
