"""What lives as long as the app: opened when it starts, closed when it stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from final.core.background import Background
from final.core.config import Settings
from final.core.database.engine import Database
from final.core.database.migrations import prepare_schema
from final.core.database.sqlite import Connect
from final.core.mail import Mailer
from final.core.observability.tracing import trace_libraries
from final.core.passwords import Passwords
from final.core.shared.cache import Cache
from final.core.shared.pubsub import PubSub
from final.core.shared.rate_limiter import RateLimiter
from final.core.shared.redis_client import SharedRedis, open_redis
from final.core.storage.files import Files, open_files
from final.core.tokens import Tokens


@dataclass(frozen=True)
class Resources:
    """The app's connections to the world, and what it keeps in memory."""

    settings: Settings
    database: Database
    redis: SharedRedis | None
    cache: Cache
    rate_limiter: RateLimiter
    pubsub: PubSub
    tokens: Tokens
    passwords: Passwords
    background: Background
    mailer: Mailer
    files: Files

    async def close(self) -> None:
        """Let go of them all, of the database last: work in the background may still need it."""
        await self.background.close()
        self.passwords.close()
        if self.redis is not None:
            await self.redis.close()
        await self.database.dispose()


def describe_resources(settings: Settings, connect_sqlite: Connect | None = None) -> Resources:
    """Put the resources together; nothing connects yet."""
    redis = open_redis(settings.redis_url)
    return Resources(
        settings=settings,
        database=Database(settings, connect_sqlite),
        redis=redis,
        cache=Cache(redis, enabled=settings.response_cache),
        rate_limiter=RateLimiter(redis),
        pubsub=PubSub(redis),
        tokens=Tokens(settings),
        passwords=Passwords(settings.bcrypt_rounds),
        background=Background(),
        mailer=Mailer(settings),
        files=open_files(settings),
    )


@asynccontextmanager
async def resources_open(
    settings: Settings, connect_sqlite: Connect | None = None
) -> AsyncIterator[Resources]:
    """Lend the resources for as long as the block lasts, on a schema that is up to date."""
    resources = describe_resources(settings, connect_sqlite)
    await prepare_schema(settings, resources.database)
    trace_libraries(resources.database.engine)
    try:
        async with resources.pubsub.running():
            yield resources
    finally:
        await resources.close()


def resources_of(connection: HTTPConnection) -> Resources:
    """Return the resources of the app that serves a request."""
    resources: Resources = connection.app.state.resources
    return resources
