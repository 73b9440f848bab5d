"""A few posts to look around with."""

from sqlmodel.ext.asyncio.session import AsyncSession

from final.posts.finding.search import index_posts
from final.posts.schemas import PostCreate
from final.posts.service import change_post, create_post
from final.users.models import User

POSTS = [
    (
        "Notes on the Analytical Engine",
        "It weaves algebraic patterns just as the loom weaves flowers and leaves.",
        ["history", "math"],
        True,
    ),
    (
        "A moth in the relay",
        "Taped into the log book at 15:45: first actual case of bug being found.",
        ["history", "debugging"],
        True,
    ),
    (
        "Can machines think?",
        "The question deserves to be replaced by another one, about a game of imitation.",
        ["machines", "philosophy"],
        True,
    ),
    (
        "Trajectories by hand",
        "If the numbers agree with those of the machine, then it is ready to go.",
        ["math", "space"],
        True,
    ),
    (
        "Considered harmful",
        "Not to be shown to anyone before the title is decided on.",
        ["style"],
        False,
    ),
]


RENAMED = "Notes on the Analytical Engine by Menabrea"


async def add_posts(session: AsyncSession, authors: list[User]) -> None:
    """Add a sample post for each of the first new accounts; the last one is a draft."""
    for author, (title, content, tags, published) in zip(authors, POSTS, strict=False):
        data = PostCreate(title=title, content=content, tags=tags, published=published)
        post = await create_post(session, author, data)
        if author is authors[0]:  # the slug that it has had for a moment leads to the present one
            await change_post(session, post, {"title": RENAMED})
        await index_posts(session, [post.id])
