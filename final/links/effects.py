"""What follows a change of a link, as soon as it is committed."""

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.transaction import on_commit
from final.core.shared.pubsub import PubSub

CHANGED_LINKS = "links"


def announce_change(session: AsyncSession, pubsub: PubSub, *keys: str) -> None:
    """Tell every worker which short URLs lead elsewhere now, or nowhere."""
    on_commit(session, pubsub.publish, CHANGED_LINKS, keys)
