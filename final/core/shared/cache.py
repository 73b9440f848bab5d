"""Ready-made answers: kept until something they show is written, then never given again.

Each tag (`"posts"`) has a version, a random word. An answer is kept together with the version that
was current *before* it was made, and counts only while that is still the version. So an answer that
was made from old rows cannot slip in behind a write. (The tags of caching libraries delete what is
kept at the moment of the write, and miss what is stored a moment later.)

With `REDIS_URL` all workers share answers and versions. Without, answers are kept in this process,
but only if it is the only worker: of several, each would miss the writes of the others.
"""

import hashlib
import json
import multiprocessing
import os
import time
from asyncio import Lock
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any, Protocol, TypeAlias
from uuid import uuid4
from weakref import WeakValueDictionary

from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.redis_client import SharedRedis

LIFETIME_SECONDS = 60  # the bound for what nobody told us of, such as a change made by hand
# How much a process keeps. Redis has a limit of its own, `maxmemory`.
MAX_ANSWERS = 1000
MAX_BYTES = 32 * 2**20

# Whatever shows posts; names of authors are in it, so changing an account counts as well.
POSTS_TAG = "posts"
BOOKS_TAG = "books"

Found: TypeAlias = tuple[str, bytes | None]


class Answers(Protocol):
    """Where answers are kept; `find` and `keep` may raise `CircuitOpenError`."""

    async def find(self, tag: str, key: str) -> Found:
        """Return the version of the tag, and the answer if it is of that version."""

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer."""

    async def renew(self, *tags: str) -> None:
        """Give tags another version."""


class MemoryAnswers:
    """Answers in this process, the latest ones."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.versions: dict[str, str] = {}
        self.kept: OrderedDict[str, tuple[str, float, bytes]] = OrderedDict()
        self.size = 0

    async def find(self, tag: str, key: str) -> Found:
        """Return the version of the tag, and the answer if it is of that version."""
        version = self.versions.setdefault(tag, new_version())
        kept, until, answer = self.kept.get(key, ("", 0.0, b""))
        return version, answer if kept == version and until > time.monotonic() else None

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer; the oldest go when it is too much."""
        self.drop(key)
        self.kept[key] = (version, time.monotonic() + LIFETIME_SECONDS, answer)
        self.size += len(answer)
        while len(self.kept) > MAX_ANSWERS or self.size > MAX_BYTES:
            self.drop(next(iter(self.kept)))

    def drop(self, key: str) -> None:
        """Keep an answer no longer."""
        _, _, answer = self.kept.pop(key, ("", 0.0, b""))
        self.size -= len(answer)

    async def renew(self, *tags: str) -> None:
        """Give tags another version."""
        self.versions |= {tag: new_version() for tag in tags}


class RedisAnswers:
    """Answers that all workers share; finding one is a single round trip."""

    def __init__(self, redis: SharedRedis) -> None:
        """Make sure that no answer is read again before it is known what was written meanwhile."""
        self.redis = redis
        self.missed: set[str] = set()
        redis.circuit.catch_up = self._catch_up

    async def find(self, tag: str, key: str) -> Found:
        """Return the version of the tag, and the answer if it is of that version."""
        version: Any
        kept: Any
        version, kept = await self.redis.call(
            lambda client: client.mget(f"version:{tag}", f"answer:{key}")
        )
        found, _, answer = (kept or b"").partition(b" ")
        if version is None:  # new, or evicted
            return await self.redis.call(lambda _: self._begin(tag)), None
        return version.decode(), answer if kept and found == version else None

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer for a while."""
        stamped = version.encode() + b" " + answer
        await self.redis.call(
            lambda client: client.set(f"answer:{key}", stamped, ex=LIFETIME_SECONDS)
        )

    async def renew(self, *tags: str) -> None:
        """Give tags another version, as soon as there is somebody to tell."""
        try:
            await self.redis.call(lambda _: self._renew(tags))
        except CircuitOpenError:
            self.missed |= set(tags)

    async def _begin(self, tag: str) -> str:
        await self.redis.client.set(f"version:{tag}", new_version(), nx=True)
        version: Any = await self.redis.client.get(f"version:{tag}")
        return (version or b"").decode()

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

    def __init__(self, redis: SharedRedis | None) -> None:
        """Share answers through Redis, or keep them here if nobody else could write."""
        self.answers: Answers | None
        if redis is not None:
            self.answers = RedisAnswers(redis)
        else:
            self.answers = MemoryAnswers() if is_only_worker() else None
        self.locks: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    async def find(self, tag: str, key: str) -> bytes | None:
        """Return the kept answer, if there is one."""
        return (await self._find(tag, key))[1]

    async def get(self, tag: str, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return the kept answer, or make one; of many who ask at once, one makes it."""
        version, answer = await self._find(tag, key)
        if answer is not None:
            return answer
        if not version:  # nowhere to keep it: nobody need wait for another
            return await make()
        async with self.locks.setdefault(key, Lock()):
            version, answer = await self._find(tag, key)
            if answer is None:
                answer = await make()
                await self._keep(key, version, answer)
            return answer

    async def invalidate(self, *tags: str) -> None:
        """Never again give an answer of these tags; to be called after the commit."""
        if self.answers is not None:
            await self.answers.renew(*tags)

    async def _find(self, tag: str, key: str) -> Found:
        if self.answers is not None:
            with suppress(CircuitOpenError):
                return await self.answers.find(tag, key)
        return "", None

    async def _keep(self, key: str, version: str, answer: bytes) -> None:
        if self.answers is not None and version:
            with suppress(CircuitOpenError):
                await self.answers.keep(key, version, answer)


def is_only_worker() -> bool:
    """Tell whether no server program has started several of us."""
    below_uvicorn = multiprocessing.parent_process() is not None
    below_gunicorn = os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")
    return not below_uvicorn and not below_gunicorn


def cache_key(name: str, viewer: int | None, **parameters: object) -> str:
    """Build a key of everything an answer depends on; who looks is never left out."""
    parts = json.dumps([name, viewer, parameters], sort_keys=True, default=str)
    return hashlib.sha256(parts.encode()).hexdigest()


def new_version() -> str:
    """Return a word that no tag had before."""
    return uuid4().hex
