"""Finding posts, and reading them as they are shown: columns, in one query with their tags."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.reading import fetch_rows, slice_of, total_of
from final.core.fields import casefold
from final.core.root_path import outward
from final.posts.errors import PostMoved, PostNotFound
from final.posts.finding.cursor import Cursor, cursor_after
from final.posts.finding.search import matches
from final.posts.models import Post, PostSlug, PostTag, PostTagging
from final.posts.schemas import PostAuthor, PostPage, PostPublic, SortOrder
from final.posts.tags.queries import TAGS, split_tags
from final.users.models import DELETED_USER, User

HERE = "/api/v1/posts"
IMAGES = f"{HERE}/images"
# Up to here a list is counted; a longer one goes on by `next`, and by pages just the same.
COUNTED = 10_000
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
    place = {"skip": (page - 1) * size, "limit": size + 1, "at_most": COUNTED}
    rows = await fetch_rows(session, slice_of(query, by_cursor=False, key=col(Post.id)), **place)
    total = rows[0].total if rows else await count_posts(session, query)
    items = [view(row) for row in rows[:size]]
    following = cursor_after(filters.sort, items[-1]) if len(rows) > size else None
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
    total = await count_posts(session, query)
    following = cursor_after(sort, items[-1]) if len(rows) > size else None
    pages = -(-total // size)
    return PostPage(items=items, total=total, page=None, size=size, pages=pages, next=following)


async def count_posts(session: AsyncSession, query: Select[Any]) -> int:
    """Return how many posts a list has, as far as they are counted."""
    counted = await fetch_rows(session, select(total_of(query)), at_most=COUNTED)
    return int(counted[0][0])


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


def select_posts() -> Select[Any]:
    """Select what a view of a post is made of; the caller adds which and how many.

    Each post has its author. The join is an outer one so that counting can do without.
    """
    return Select[Any](*COLUMNS).outerjoin(User, col(User.id) == Post.author_id)


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
