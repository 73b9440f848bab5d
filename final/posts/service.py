"""Posts: writing, finding, changing, deleting, and who may do it."""

from typing import Any
from uuid import uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.observability.logs import get_logger
from final.posts.errors import NotYourPost, PostNotFound
from final.posts.finding.slugs import claim_slug, slug_of
from final.posts.models import Post
from final.posts.schemas import PostCreate
from final.posts.tags.service import set_tags
from final.users.models import User

logger = get_logger(__name__)


async def lock_post(
    session: AsyncSession, actor: User, post_id: int, *, or_admin: bool = False
) -> Post:
    """Load a post to change it, or raise `PostNotFound` or `NotYourPost`.

    The row stays locked until the commit: what is checked about this version holds when it is
    replaced, and of two editors at once the second meets the version of the first.
    """
    post = await session.get(Post, post_id, populate_existing=True, with_for_update=True)
    if post is None or not (post.published or post.author_id == actor.id or actor.is_admin):
        raise PostNotFound
    if post.author_id != actor.id and not (or_admin and actor.is_admin):
        raise NotYourPost
    return post


async def create_post(session: AsyncSession, author: User, data: PostCreate) -> Post:
    """Store a new post under a slug of its own."""
    post = Post(
        title=data.title,
        slug=uuid4().hex,  # a stand-in that is certainly free
        content=data.content,
        published=data.published,
        published_at=utcnow() if data.published else None,
        author_id=author.id,
    )
    post.updated_at = post.created_at
    session.add(post)
    await session.flush()
    await set_tags(session, post.id, data.tags)
    await claim_slug(session, post)
    logger.info("post created", post_id=post.id, user_id=author.id, published=post.published)
    return post


async def change_post(session: AsyncSession, post: Post, changes: dict[str, Any]) -> bool:
    """Write changes to a locked post; tell whether they publish it for the first time."""
    tags = changes.pop("tags", None)
    retitled = "title" in changes and slug_of(changes["title"]) != slug_of(post.title)
    if tags is not None and await set_tags(session, post.id, tags):
        post.updated_at = utcnow()
    post.sqlmodel_update(changes)
    first_published = post.published and post.published_at is None
    if first_published:
        post.published_at = utcnow()
    session.add(post)
    await session.flush()
    if retitled or first_published:
        await claim_slug(session, post)
    return first_published


async def set_image(session: AsyncSession, post: Post, name: str) -> None:
    """Give a locked post another image for good: a file is there before it is needed."""
    post.image = name
    session.add(post)
    await session.commit()


async def delete_post(session: AsyncSession, post: Post) -> None:
    """Delete a locked post."""
    await session.delete(post)
    await session.flush()
    logger.info("post deleted", post_id=post.id)
