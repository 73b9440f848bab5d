"""How posts are found, and how they are saved."""

import secrets
from collections.abc import Sequence
from typing import Any

from fastapi import HTTPException
from slugify import slugify
from sqlalchemy.orm import selectinload
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from .models import Post, Tag, User
from .schemas import PostPage, PostPublic

WITH_ALL = (selectinload(Post.author), selectinload(Post.tags))  # type: ignore[arg-type]  # SQLModel types them as what they load
ORDERS = {"created_at": Post.created_at, "updated_at": Post.updated_at, "title": Post.title}


def show(post: Post) -> PostPublic:
    """Return a post as the API shows it."""
    return PostPublic.model_validate(post, from_attributes=True)


async def find_post(session: AsyncSession, post_id: int, viewer: User | None) -> Post:
    """Find a post that the viewer may see, or answer 404; a draft is its author's alone."""
    post = await session.get(Post, post_id, options=WITH_ALL)
    may_see = post and (
        post.published or (viewer and (viewer.role == "admin" or viewer.id == post.author_id))
    )
    if not post or not may_see:
        raise HTTPException(404, "Post not found")
    return post


def select_posts(tag: str | None) -> SelectOfScalar[Post]:
    """Select what is published, and has a tag."""
    query = select(Post).where(col(Post.published))
    if tag:
        query = query.where(col(Post.tags).any(col(Tag.name) == tag.lower()))
    return query


async def read_page(
    session: AsyncSession, tag: str | None, sort: str, page: int, size: int
) -> PostPage:
    """Read one page of posts."""
    query = select_posts(tag)
    total = (await session.exec(select(func.count()).select_from(query.subquery()))).one()
    columns = (col(ORDERS[sort.lstrip("-")]), col(Post.id))
    order = [column.desc() if sort.startswith("-") else column for column in columns]
    cut = query.order_by(*order).offset((page - 1) * size).limit(size).options(*WITH_ALL)
    items = [show(post) for post in await session.exec(cut)]
    return PostPage(items=items, total=total, page=page, size=size, pages=-(-total // size))


async def find_tags(session: AsyncSession, names: Sequence[str]) -> list[Tag]:
    """Return tags by their names, new ones where there is none yet."""
    found = (await session.exec(select(Tag).where(col(Tag.name).in_(names)))).all()
    known = {tag.name: tag for tag in found}
    return [known.get(name) or Tag(name=name) for name in sorted(set(names))]


async def make_slug(session: AsyncSession, title: str) -> str:
    """Make a title fit for a URL; a slug that is taken gets an ending of its own."""
    slug = slugify(title) or "post"
    taken = (await session.exec(select(Post.id).where(Post.slug == slug))).first()
    return f"{slug}-{secrets.token_hex(4)}" if taken else slug


async def save(session: AsyncSession, post: Post, changes: dict[str, Any]) -> Post:
    """Change a post and store it."""
    if "tags" in changes:
        post.tags = await find_tags(session, changes.pop("tags"))
    post.sqlmodel_update(changes)
    session.add(post)
    await session.commit()
    return post
