"""The cache of lists: in Redis, where there is one, otherwise in this process.

Every key has the number of the tag's present version in it: a write counts the number up, and
whatever was kept under the old one is never found again.
"""

from redis.asyncio import Redis

from .config import settings

SECONDS = 60


class Cache:
    """Keeps texts under a tag until something with that tag is written."""

    def __init__(self) -> None:
        """Connect to Redis, where the settings name one."""
        self.redis = Redis.from_url(settings.redis_url) if settings.redis_url else None
        self.kept: dict[str, str] = {}
        self.versions: dict[str, int] = {}

    async def read(self, name: str) -> str | None:
        """Return what Redis has under a name."""
        assert self.redis is not None
        found = await self.redis.get(name)
        return found.decode() if isinstance(found, bytes) else found

    async def key(self, tag: str, name: str) -> str:
        """Return the key of a text in the present version of its tag."""
        version = await self.read(tag) if self.redis else self.versions.get(tag)
        return f"{tag}:{version}:{name}"

    async def get(self, key: str) -> str | None:
        """Return what was kept, if anything was."""
        return await self.read(key) if self.redis else self.kept.get(key)

    async def put(self, key: str, text: str) -> None:
        """Keep a text."""
        if self.redis:
            await self.redis.set(key, text, ex=SECONDS)
        else:
            self.kept[key] = text

    async def invalidate(self, tag: str) -> None:
        """Forget everything that was kept under a tag."""
        if self.redis:
            await self.redis.incr(tag)
        else:
            self.kept.clear()
            self.versions[tag] = self.versions.get(tag, 0) + 1


cache = Cache()
