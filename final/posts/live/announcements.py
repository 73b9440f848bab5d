"""Telling everyone who listens that there is a new post."""

from sqlmodel import col

from final.core.database.engine import Database
from final.core.shared.pubsub import PubSub
from final.posts.models import Post
from final.posts.queries import read_posts, select_posts

POSTS_TOPIC = "posts"


async def announce_post(database: Database, pubsub: PubSub, post_id: int) -> None:
    """Announce a post as it is now; one that has become a draft again stays unmentioned."""
    query = select_posts().where(col(Post.id) == post_id, col(Post.published).is_(True))
    async with database.session() as session:
        posts = await read_posts(session, query)
    for post in posts:
        summary = post.model_dump(mode="json", exclude={"content"})
        await pubsub.publish(POSTS_TOPIC, {"type": "post.created", "post": summary})
