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
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeAlias
from uuid import uuid4
from weakref import WeakValueDictionary

from final.core.circuit import Circuit, ServiceAway
from final.core.config import Settings

LIFETIME_SECONDS = 60  # the bound for what nobody told us of, such as a change made by hand
MAX_ANSWERS = 1000

# Whatever shows posts; names of authors are in it, so changing an account counts as well.
POSTS_TAG = "posts"

Found: TypeAlias = tuple[str, bytes | None]


class Answers(Protocol):
    """Where answers are kept."""

    async def find(self, tag: str, key: str) -> Found:
        """Return the version of the tag, and the answer if it is of that version."""

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer."""

    async def renew(self, *tags: str) -> None:
        """Give tags another version."""

    async def close(self) -> None:
        """Let go of connections."""


class MemoryAnswers:
    """Answers in this process, the latest thousand."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.versions: dict[str, str] = {}
        self.kept: OrderedDict[str, tuple[str, float, bytes]] = OrderedDict()

    async def find(self, tag: str, key: str) -> Found:
        """Return the version of the tag, and the answer if it is of that version."""
        version = self.versions.setdefault(tag, new_version())
        kept, until, answer = self.kept.get(key, ("", 0.0, b""))
        return version, answer if kept == version and until > time.monotonic() else None

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer; the oldest goes when there are too many."""
        self.kept[key] = (version, time.monotonic() + LIFETIME_SECONDS, answer)
        self.kept.move_to_end(key)
        if len(self.kept) > MAX_ANSWERS:
            self.kept.popitem(last=False)

    async def renew(self, *tags: str) -> None:
        """Give tags another version."""
        self.versions |= {tag: new_version() for tag in tags}

    async def close(self) -> None:
        """Hold nothing open."""


class RedisAnswers:
    """Answers that all workers share; finding one is a single round trip."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet."""
        from redis.asyncio import Redis  # only where Redis is used

        self.redis = Redis.from_url(url)

    async def find(self, tag: str, key: str) -> Found:
        """Return the version of the tag, and the answer if it is of that version."""
        version: Any
        kept: Any
        version, kept = await self.redis.mget(f"version:{tag}", f"answer:{key}")
        if version is None:  # new, or evicted
            await self.redis.set(f"version:{tag}", new_version(), nx=True)
            version = await self.redis.get(f"version:{tag}") or b""
        found, _, answer = (kept or b"").partition(b" ")
        return version.decode(), answer if kept and found == version else None

    async def keep(self, key: str, version: str, answer: bytes) -> None:
        """Keep an answer for a while."""
        stamped = version.encode() + b" " + answer
        await self.redis.set(f"answer:{key}", stamped, ex=LIFETIME_SECONDS)

    async def renew(self, *tags: str) -> None:
        """Give tags another version."""
        if tags:
            await self.redis.mset({f"version:{tag}": new_version() for tag in tags})

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()


class Cache:
    """What routes use: `get` an answer, made only if need be; `invalidate` after a commit."""

    def __init__(self, settings: Settings) -> None:
        """Choose where answers are kept, if anywhere."""
        self.answers = choose_answers(settings)
        self.circuit = Circuit("cache", failure(settings), self._catch_up)
        self.missed: set[str] = set()
        self.locks: WeakValueDictionary[str, Lock] = WeakValueDictionary()

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
        if self.answers is None:
            return
        answers = self.answers
        try:
            await self.circuit.call(lambda: answers.renew(*tags))
        except ServiceAway:
            self.missed |= set(tags)

    async def close(self) -> None:
        """Let go of connections."""
        await self.circuit.close()
        if self.answers is not None:
            await self.answers.close()

    async def _find(self, tag: str, key: str) -> Found:
        if (answers := self.answers) is None:
            return "", None
        try:
            return await self.circuit.call(lambda: answers.find(tag, key))
        except ServiceAway:
            return "", None

    async def _keep(self, key: str, version: str, answer: bytes) -> None:
        if (answers := self.answers) is not None and version:
            with suppress(ServiceAway):
                await self.circuit.call(lambda: answers.keep(key, version, answer))

    async def _catch_up(self) -> None:
        """Let nothing be read again before all that was written meanwhile is known."""
        assert self.answers is not None
        await self.answers.renew("probe")
        while self.missed:
            tags, self.missed = self.missed, set()
            try:
                await self.answers.renew(*tags)
            except BaseException:
                self.missed |= tags
                raise


def choose_answers(settings: Settings) -> Answers | None:
    """Share answers through Redis, or keep them here if nobody else could write."""
    if settings.redis_url:
        return RedisAnswers(settings.redis_url)
    return MemoryAnswers() if is_only_worker() else None


def is_only_worker() -> bool:
    """Tell whether no server program has started several of us."""
    below_uvicorn = multiprocessing.parent_process() is not None
    below_gunicorn = os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")
    return not below_uvicorn and not below_gunicorn


def failure(settings: Settings) -> type[Exception]:
    """Return what is raised when answers cannot be reached."""
    if not settings.redis_url:
        return OSError
    from redis.exceptions import RedisError

    return RedisError


def cache_key(name: str, viewer: int | None, **parameters: object) -> str:
    """Build a key of everything an answer depends on; who looks is never left out."""
    parts = json.dumps([name, viewer, parameters], sort_keys=True, default=str)
    return hashlib.sha256(parts.encode()).hexdigest()


def new_version() -> str:
    """Return a word that no tag had before."""
    return uuid4().hex
