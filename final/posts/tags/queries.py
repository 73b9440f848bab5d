"""Reading tags: those of a post as one column, and all of them with how many posts bear each."""

from typing import Any

from sqlalchemy import Select, func
from sqlmodel import col, select

from final.posts.models import Post, PostTag, PostTagging

# A tag is one line, so that a line break can stand between two.
BETWEEN = "\n"
# The tags of each post of a query, as one column: read in the same moment as the post itself.
TAGS = (
    select(func.aggregate_strings(col(PostTag.name), BETWEEN))
    .join(PostTagging, col(PostTagging.tag_id) == PostTag.id)
    .where(PostTagging.post_id == Post.id)
    .correlate(Post)
    .scalar_subquery()
    .label("tags")
)


def split_tags(joined: str | None) -> list[str]:
    """Return the tags in the `TAGS` column of a row, in alphabetical order."""
    return sorted(joined.split(BETWEEN)) if joined else []


def select_tags() -> Select[Any]:
    """Select the tags of published posts by name, each with the number of those posts.

    They are counted tag by tag, so only for the tags that are shown.
    """
    bearing = (
        select(func.count())
        .select_from(PostTagging)
        .join(Post)
        .where(PostTagging.tag_id == PostTag.id, col(Post.published).is_(True))
        .correlate(PostTag)
    )
    return (
        Select[Any](col(PostTag.name), bearing.scalar_subquery().label("count"))
        .where(bearing.with_only_columns(col(PostTagging.post_id)).exists())
        .order_by(col(PostTag.name))
    )
