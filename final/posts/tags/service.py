"""Tags: shared words, made when first used."""

from sqlalchemy import delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.posts.models import Post, PostTag, PostTagging
from final.posts.tags.queries import TAGS, split_tags


async def set_tags(session: AsyncSession, post_id: int, names: list[str]) -> bool:
    """Let a post bear exactly these tags; tell whether that changed anything."""
    borne = (await session.exec(select(TAGS).where(Post.id == post_id))).one()
    if names == split_tags(borne):
        return False
    await session.exec(delete(PostTagging).where(col(PostTagging.post_id) == post_id))
    if names:
        await make_tags(session, names)
        tags = select(PostTag.id).where(col(PostTag.name).in_(names))
        rows = [{"post_id": post_id, "tag_id": tag_id} for tag_id in await session.exec(tags)]
        await session.exec(insert(PostTagging).values(rows))
    return True


async def make_tags(session: AsyncSession, names: list[str]) -> None:
    """Add the tags that do not exist yet; two posts may bring the same new one together.

    The names are sorted, so that two requests never wait for each other.
    """
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    rows = [{"name": name} for name in names]
    await session.exec(dialect.insert(PostTag).values(rows).on_conflict_do_nothing())
