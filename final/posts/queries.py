"""Finding posts, and reading them as they are shown: columns, in one query with their tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, case, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.reading import fetch_rows, slice_of, total_of
from final.core.fields import casefold
from final.core.root_path import outward
from final.posts.errors import PostMoved, PostNotFound
from final.posts.finding.cursor import Cursor, cursor_after
from final.posts.finding.search import has_words, matches
from final.posts.models import Post, PostSlug, PostTag, PostTagging
from final.posts.schemas import PostAuthor, PostPage, PostPublic, SortOrder
from final.posts.tags.queries import TAGS, split_tags
from final.users.models import DELETED_USER, User

HERE = "/api/v1/posts"
IMAGES = f"{HERE}/images"
# Up to here a list is counted; a longer one goes on by `next`, and by pages just the same.
COUNTED = 10_000
# So many are found by what they have, and then sorted; of more, the sorted ones are gone through.
FEW = 1000
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

    def conditions(self, dialect: str, are_many: bool) -> list[ColumnElement[bool]]:
        """Return what a post of the list fulfils; drafts never do."""
        conditions: list[ColumnElement[bool]] = [PUBLISHED]
        if self.tag:
            tagged = select(PostTagging.post_id).join(PostTag)
            tagged = tagged.where(PostTag.name == casefold(self.tag))
            one = tagged.where(PostTagging.post_id == Post.id).correlate(Post).exists()
            # The offset keeps PostgreSQL from asking each post in turn.
            conditions.append(one if are_many else col(Post.id).in_(tagged.offset(0)))
        if self.author:
            named = User.username_key == casefold(self.author)
            author = select(User.id).where(named, col(User.is_active).is_(True))
            conditions.append(col(Post.author_id).in_(author))
        if self.q:
            one_by_one = are_many and dialect == "sqlite"  # PostgreSQL knows better itself
            conditions.append(has_words(self.q) if one_by_one else matches(dialect, self.q))
        return conditions

    def order(self) -> list[ColumnElement[Any]]:
        """Return a total order: what was asked for, then the number."""
        columns = [SORT_COLUMNS[self.sort.removeprefix("-")], Post.id]
        return [col(name).desc() if self.sort[0] == "-" else col(name).asc() for name in columns]


@lru_cache
def published(filters: PostFilters, dialect: str, are_many: bool = False) -> Select[Any]:
    """Select the posts of a list; the latest are kept, as building one takes longer than asking."""
    conditions = filters.conditions(dialect, are_many)
    return select_posts().where(*conditions).order_by(*filters.order())


async def list_posts(
    session: AsyncSession,
    filters: PostFilters,
    page: int,
    size: int,
    after: Cursor | None = None,
) -> PostPage:
    """Return one page of published posts, or what follows a place in the list."""
    dialect = session.get_bind().dialect.name
    query, total = published(filters, dialect), None
    if after or filters.tag or (filters.q and dialect == "sqlite"):  # else it comes with the posts
        total = await count_posts(session, query)
        query = published(filters, dialect, total > FEW)
    rows: Sequence[Any] = []
    if after:
        rows = await fetch_rows(session, following(query, filters.sort, after).limit(size + 1))
    elif total != 0:
        place = {"skip": (page - 1) * size, "limit": size + 1, "at_most": COUNTED}
        found = slice_of(query, key=col(Post.id), counted=total is None)
        rows = await fetch_rows(session, found, **place)
    if total is None:
        total = rows[0].total if rows else await count_posts(session, query)
    items = [view(row) for row in rows[:size]]
    cursor = cursor_after(filters.sort, items[-1]) if len(rows) > size else None
    here, pages = None if after else page, -(-total // size)
    return PostPage(items=items, total=total, page=here, size=size, pages=pages, next=cursor)


def following(query: Select[Any], sort: SortOrder, after: Cursor) -> Select[Any]:
    """Narrow a list to what follows a place in it, wherever those posts are by now.

    That they are not before it is said on its own: an index leads there.
    """
    column, number = col(SORT_COLUMNS[sort.removeprefix("-")]), col(Post.id)
    if sort[0] == "-":
        later, behind = column <= after.value, or_(column < after.value, number < after.id)
    else:
        later, behind = column >= after.value, or_(column > after.value, number > after.id)
    return query.where(later, behind)


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
    had_it = select(PostSlug.post_id).where(PostSlug.slug == slug).scalar_subquery()
    post = await read_post(session, viewer, col(Post.id) == had_it)
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
