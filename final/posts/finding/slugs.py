"""Slugs: the title, fit for a URL, and never the same for two posts."""

import secrets
from collections.abc import Iterator

from slugify import slugify
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.upsert import insert_into
from final.posts.models import Post, PostSlug

MAX_LENGTH = 100


def slug_of(title: str) -> str:
    """Return the slug that a title asks for; a title without any letter gets a plain one."""
    return slugify(title, max_length=MAX_LENGTH, word_boundary=True) or "post"


def candidates(title: str, plain: bool) -> Iterator[str]:
    """Offer the plain slug first, if it may be had, then ones that nobody else is likely to try."""
    slug = slug_of(title)
    if plain:
        yield slug
    while True:
        yield f"{slug}-{secrets.token_hex(4)}"


async def claim_slug(session: AsyncSession, post: Post) -> None:
    """Give a stored post the slug of its title, or the nearest one that is free.

    The unique index decides, not a look beforehand: of many equal titles at the same moment one
    gets the plain slug, and the others are not refused. A draft never gets it: that it is taken
    would tell others what is being written.
    """
    for slug in candidates(post.title, plain=post.published_at is not None):
        claim = update(Post).where(col(Post.id) == post.id)
        claim = claim.values(slug=slug, updated_at=post.updated_at)
        try:
            async with session.begin_nested():
                if not await reserve_slug(session, post.id, slug):
                    continue
                await session.exec(claim.execution_options(synchronize_session=False))
        except IntegrityError:
            continue
        set_committed_value(post, "slug", slug)
        return


async def reserve_slug(session: AsyncSession, post_id: int, slug: str) -> bool:
    """Give a slug to a post for ever, unless another has or had it."""
    insert = insert_into(session.get_bind().dialect.name, PostSlug).on_conflict_do_nothing()
    await session.exec(insert.values(slug=slug, post_id=post_id))
    owner = select(PostSlug.post_id).where(PostSlug.slug == slug)
    return (await session.exec(owner)).one() == post_id
