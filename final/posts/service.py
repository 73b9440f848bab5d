"""Posts: writing, finding, changing, deleting, and who may do it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, and_, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.database.reading import fetch_rows, slice_of, total_of
from final.core.fields import MAX_INT, casefold
from final.core.observability.logs import get_logger
from final.core.root_path import outward
from final.posts.errors import NotYourPost, PostMoved, PostNotFound
from final.posts.finding.cursor import Cursor, cursor_after
from final.posts.finding.search import matches
from final.posts.finding.slugs import claim_slug, slug_of
from final.posts.models import Post, PostSlug, PostTag, PostTagging
from final.posts.queries import read_posts, select_posts, view
from final.posts.schemas import PostCreate, PostPage, PostPublic, SortOrder
from final.posts.tags.service import set_tags
from final.users.models import User

logger = get_logger(__name__)

HERE = "/api/v1/posts"
PUBLISHED = col(Post.published).is_(True)
# Slugs stand for titles: in the same order in every language setting of the database.
SORT_COLUMNS: dict[str, Any] = {
    "id": Post.id,
    "title": Post.slug,
    "published_at": Post.published_at,
    "created_at": Post.created_at,
    "updated_at": Post.updated_at,
}


@dataclass(frozen=True)
class PostFilters:
    """Which posts a list shows, and in which order."""

    tag: str | None
    author: str | None
    q: str | None
    sort: SortOrder

    def conditions(self, dialect: str) -> list[ColumnElement[bool]]:
        """Return what a post of the list fulfils; drafts never do."""
        conditions: list[ColumnElement[bool]] = [PUBLISHED]
        if self.tag:
            tagged = select(PostTagging.post_id).join(PostTag)
            conditions.append(col(Post.id).in_(tagged.where(PostTag.name == casefold(self.tag))))
        if self.author:
            named = User.username_key == casefold(self.author)
            author = select(User.id).where(named, col(User.is_active).is_(True))
            conditions.append(col(Post.author_id).in_(author))
        if self.q:
            conditions.append(matches(dialect, self.q))
        return conditions

    def order(self) -> list[ColumnElement[Any]]:
        """Return a total order: what was asked for, then the number."""
        columns = [SORT_COLUMNS[self.sort.removeprefix("-")], Post.id]
        return [col(name).desc() if self.sort[0] == "-" else col(name).asc() for name in columns]


@lru_cache
def published(filters: PostFilters, dialect: str) -> Select[Any]:
    """Select the posts of a list; the latest are kept, as building one takes longer than asking."""
    return select_posts().where(*filters.conditions(dialect)).order_by(*filters.order())


async def list_posts(
    session: AsyncSession,
    filters: PostFilters,
    page: int,
    size: int,
    after: Cursor | None = None,
) -> PostPage:
    """Return one page of published posts, or what follows a place in the list."""
    query = published(filters, session.get_bind().dialect.name)
    if after is not None:
        return await follow(session, query, filters.sort, size, after)
    place = {"skip": (page - 1) * size, "limit": size, "counted": MAX_INT}
    rows = await fetch_rows(session, slice_of(query, by_cursor=False), **place)
    if rows or page == 1:
        total = rows[0].total if rows else 0
    else:
        total = await session.scalar(total_of(query)) or 0
    items = [view(row) for row in rows]
    following = cursor_after(filters.sort, items[-1]) if page * size < total and items else None
    pages = -(-total // size)
    return PostPage(items=items, total=total, page=page, size=size, pages=pages, next=following)


async def follow(
    session: AsyncSession, query: Select[Any], sort: SortOrder, size: int, after: Cursor
) -> PostPage:
    """Return the posts that follow a place in the list, wherever they are by now."""
    column, number = SORT_COLUMNS[sort.removeprefix("-")], col(Post.id)
    later = (col(column) < after.value) if sort[0] == "-" else (col(column) > after.value)
    tied = (number < after.id) if sort[0] == "-" else (number > after.id)
    rest: Any = query.where(or_(later, and_(col(column) == after.value, tied)))
    rows = await fetch_rows(session, rest.limit(size + 1))
    items = [view(row) for row in rows[:size]]
    total = await session.scalar(total_of(query)) or 0
    following = cursor_after(sort, items[-1]) if len(rows) > size else None
    pages = -(-total // size)
    return PostPage(items=items, total=total, page=None, size=size, pages=pages, next=following)


def visible_to(viewer: User | None) -> ColumnElement[bool]:
    """Return the condition that somebody may know of a post."""
    if viewer is None:
        return PUBLISHED
    return true() if viewer.is_admin else or_(PUBLISHED, col(Post.author_id) == viewer.id)


async def read_post(
    session: AsyncSession, viewer: User | None, which: ColumnElement[bool]
) -> PostPublic:
    """Return the one post that is meant, or raise `PostNotFound`."""
    views = await read_posts(session, select_posts().where(which, visible_to(viewer)))
    if not views:
        raise PostNotFound
    return views[0]


async def read_post_by_slug(session: AsyncSession, viewer: User | None, slug: str) -> PostPublic:
    """Return the post that has a slug, or raise `PostMoved` for one that had it."""
    had_it = select(PostSlug.post_id).where(PostSlug.slug == slug)
    which = or_(col(Post.slug) == slug, col(Post.id).in_(had_it))
    post = await read_post(session, viewer, which)
    if post.slug != slug:
        raise PostMoved(outward(f"{HERE}/by-slug/{post.slug}"))
    return post


async def lock_post(
    session: AsyncSession, actor: User, post_id: int, *, or_admin: bool = False
) -> Post:
    """Load a post to change it, or raise `PostNotFound` or `NotYourPost`.

    The row stays locked until the commit: what is checked about this version holds when it is
    replaced, and of two editors at once the second meets the version of the first.
    """
    query = select(Post).where(Post.id == post_id).with_for_update()
    query = query.execution_options(populate_existing=True)
    post = (await session.exec(query)).one_or_none()
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
