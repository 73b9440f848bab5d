"""What follows a write to a post, as soon as it is committed."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.transaction import on_commit
from final.core.resources import Resources
from final.posts.finding.search import index_post
from final.posts.live.announcements import announce_post
from final.users.models import USERS_TAG

POSTS_TAG = "posts"
# Names of authors are in the list.
LISTED = (POSTS_TAG, USERS_TAG)


@dataclass(frozen=True)
class PostEffects:
    """Whom a write tells: the cached lists, the search index, and those who listen."""

    session: AsyncSession
    resources: Resources

    def written(self, post_id: int, *, first_published: bool = False) -> None:
        """Have lists and searches tell the truth; announce a post that is new to the public."""
        cache, database = self.resources.cache, self.resources.database
        on_commit(self.session, cache.invalidate, POSTS_TAG)
        on_commit(self.session, index_post, database, post_id)
        on_commit(self.session, cache.invalidate, POSTS_TAG)  # searches find it now
        if first_published:
            on_commit(self.session, announce_post, database, self.resources.pubsub, post_id)
