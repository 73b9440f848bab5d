"""The cache of responses: kept until something they show is written, then never given again.

Each tag (`"posts"`) has a version, a random word. An answer is kept together with the versions that
its tags had *before* it was made, and counts only while they still have them. So an answer that was
made from old rows cannot slip in behind a write. (The tags of caching libraries delete what is
kept at the moment of the write, and miss what is stored a moment later.)

With `REDIS_URL` all workers share answers and versions. Without, each keeps them itself and hears
nothing of the writes of others: where several serve one database, `RESPONSE_CACHE=off`.
"""

import hashlib
import json
from asyncio import Lock
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any, Protocol, TypeAlias
from uuid import uuid4
from weakref import WeakValueDictionary

from cachetools import TTLCache

from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.redis_client import SharedRedis

LIFETIME_SECONDS = 60  # the bound for what nobody told us of, such as a change made by hand
# How much a process keeps, and what an entry takes beside its bytes. Redis has `maxmemory`.
MAX_BYTES, OVERHEAD = 32 * 2**20, 1024

Tags: TypeAlias = tuple[str, ...]
Found: TypeAlias = tuple[str, bytes | None]


class Store(Protocol):
    """Where answers are kept; `find` and `keep` may raise `CircuitOpenError`."""

    async def find(self, tags: Tags, key: str) -> Found:
        """Return the versions of the tags, and the answer if it is of these."""

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer."""

    async def renew(self, *tags: str) -> None:
        """Give tags another version."""


class MemoryStore:
    """Answers in this process, those that were asked for last."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.versions: defaultdict[str, str] = defaultdict(new_version)
        self.kept: TTLCache[str, tuple[str, bytes]] = TTLCache(
            MAX_BYTES, LIFETIME_SECONDS, getsizeof=lambda kept: OVERHEAD + len(kept[1])
        )

    async def find(self, tags: Tags, key: str) -> Found:
        """Return the versions of the tags, and the answer if it is of these."""
        version = " ".join([self.versions[tag] for tag in tags])
        kept, answer = self.kept.get(key, ("", None))
        return version, answer if kept == version else None

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer; others go when it is too much."""
        with suppress(ValueError):  # more than there is room for at all
            self.kept[key] = (version, answer)

    async def renew(self, *tags: str) -> None:
        """Give tags another version."""
        self.versions |= {tag: new_version() for tag in tags}


class RedisStore:
    """Answers that all workers share; finding one is a single round trip."""

    def __init__(self, redis: SharedRedis) -> None:
        """Make sure that no answer is read again before it is known what was written meanwhile."""
        self.redis = redis
        self.missed: set[str] = set()
        redis.circuit.catch_up = self._catch_up

    async def find(self, tags: Tags, key: str) -> Found:
        """Return the versions of the tags, and the answer if it is of these."""
        names = [f"version:{tag}" for tag in tags]
        found: Any = await self.redis.call(lambda client: client.mget(*names, f"answer:{key}"))
        *versions, kept = found
        if None in versions:  # new, or evicted
            return await self.redis.call(lambda _: self._begin(names)), None
        version = b" ".join(versions)
        stamp, _, answer = (kept or b"").partition(b"\n")
        return version.decode(), answer if stamp == version else None

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer for a while."""
        stamped = version.encode() + b"\n" + answer
        await self.redis.call(
            lambda client: client.set(f"answer:{key}", stamped, ex=LIFETIME_SECONDS)
        )

    async def renew(self, *tags: str) -> None:
        """Give tags another version, as soon as there is somebody to tell."""
        try:
            await self.redis.call(lambda _: self._renew(tags))
        except CircuitOpenError:
            self.missed |= set(tags)

    async def _begin(self, names: list[str]) -> str:
        for name in names:
            await self.redis.client.set(name, new_version(), nx=True)
        versions: Any = await self.redis.client.mget(*names)
        return b" ".join(version or b"" for version in versions).decode()

    async def _renew(self, tags: Collection[str]) -> None:
        await self.redis.client.mset({f"version:{tag}": new_version() for tag in tags})

    async def _catch_up(self) -> None:
        while self.missed:
            tags, self.missed = self.missed, set()
            try:
                await self._renew(tags)
            except BaseException:
                self.missed |= tags
                raise


class Cache:
    """What routes use: `get` an answer, made only if need be; `invalidate` after a commit."""

    def __init__(self, redis: SharedRedis | None, *, enabled: bool = True) -> None:
        """Share answers through Redis, or keep them here."""
        self.store: Store | None = None
        if enabled:
            self.store = RedisStore(redis) if redis else MemoryStore()
        self.locks: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    @property
    def is_enabled(self) -> bool:
        """Tell whether anything is kept at all."""
        return self.store is not None

    async def find(self, tags: Tags, key: str) -> bytes | None:
        """Return the kept answer, if there is one."""
        return (await self._find(tags, key))[1]

    async def get(self, tags: Tags, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return the kept answer, or make one; of many who ask at once, one makes it."""
        version, answer = await self._find(tags, key)
        if answer is not None:
            return answer
        if not version:  # nowhere to keep it: nobody need wait for another
            return await make()
        async with self.locks.setdefault(key, Lock()):
            version, answer = await self._find(tags, key)
            if answer is None:
                answer = await make()
                await self._keep(key, version, answer)
            return answer

    async def invalidate(self, *tags: str) -> None:
        """Never again give an answer of these tags; to be called after the commit."""
        if self.store is not None:
            await self.store.renew(*tags)

    async def _find(self, tags: Tags, key: str) -> Found:
        if self.store is not None:
            with suppress(CircuitOpenError):
                return await self.store.find(tags, key)
        return "", None

    async def _keep(self, key: str, version: str, answer: bytes) -> None:
        if self.store is not None and version:
            with suppress(CircuitOpenError):
                await self.store.keep(key, version, answer)


def cache_key(name: str, **parameters: object) -> str:
    """Build a key of everything that an answer depends on: validated values, as they are read."""
    parts = json.dumps([name, parameters], sort_keys=True, default=str)
    return hashlib.sha256(parts.encode()).hexdigest()


def new_version() -> str:
    """Return a word that no tag had before."""
    return uuid4().hex
