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
    """Select the tags of published posts by name, each with the number of those posts."""
    return (
        Select[Any](col(PostTag.name), func.count().label("count"))
        .join(PostTagging, col(PostTagging.tag_id) == PostTag.id)
        .join(Post, col(Post.id) == PostTagging.post_id)
        .where(col(Post.published).is_(True))
        .group_by(col(PostTag.name))
        .order_by(col(PostTag.name))
    )
