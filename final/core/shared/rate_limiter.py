"""Counting attempts: in this process, or in Redis for all workers together."""

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.storage import storage_from_string

from final.core.errors import TooManyAttempts
from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.redis_client import SharedRedis

T = TypeVar("T")


@dataclass(frozen=True)
class RateLimitStatus:
    """What is left of a limit."""

    limit: int
    used: int
    reset: int  # seconds from now until all is forgotten

    @property
    def exceeded(self) -> bool:
        """Tell whether this one was too many."""
        return self.used > self.limit

    @property
    def remaining(self) -> int:
        """Return how many more will pass."""
        return max(0, self.limit - self.used)


class RateLimiter:
    """Let so many attempts pass in a window of time; without Redis, count in this process.

    The window begins with the first attempt and is not prolonged by later ones: nobody is locked
    out for good. (In memory, a moving window would look through all keys at every attempt.)
    """

    def __init__(self, redis: SharedRedis | None) -> None:
        """Count in Redis; here, if there is none or while it is away."""
        self.redis = redis
        self.local = FixedWindowRateLimiter(make_storage(None))
        self.shared = FixedWindowRateLimiter(make_storage(redis))
        self.turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    def turn(self, *key: str) -> asyncio.Lock:
        """Return what lets the attempts of this process come one after the other."""
        return self.turns.setdefault(digest(key), asyncio.Lock())

    async def attempt(self, limit: RateLimitItemPerSecond, *key: str) -> None:
        """Count one attempt, or raise `TooManyAttempts`."""
        key = digest(key)
        await self._either(lambda limiter: self._attempt(limiter, limit, *key))

    async def reset(self, limit: RateLimitItemPerSecond, *key: str) -> None:
        """Forget the attempts so far: this one was right."""
        key = digest(key)
        await self.local.clear(limit, *key)
        await self._either(lambda limiter: limiter.clear(limit, *key))

    async def forget(self, key: str) -> int:
        """Delete all that is counted in Redis under one part of a key; return how much it was."""
        assert self.redis is not None
        pattern = f"*{digest((key,))[0]}*"

        async def delete(client: Any) -> int:
            """Delete the counts, whose names only a search can find."""
            names = [name async for name in client.scan_iter(match=pattern, count=1000)]
            return int(await client.delete(*names)) if names else 0

        return await self.redis.call(delete)

    async def count(self, limit: RateLimitItem, *key: str) -> RateLimitStatus:
        """Count one use in the present window of the clock: a single step, also in Redis."""
        name, reset = self._window(limit, key)
        seconds = limit.get_expiry()
        used = await self._either(lambda limiter: limiter.storage.incr(name, seconds))
        return RateLimitStatus(limit.amount, used, reset)

    async def read(self, limit: RateLimitItem, *key: str) -> RateLimitStatus:
        """Return what `count` has counted in the present window."""
        name, reset = self._window(limit, key)
        used = await self._either(lambda limiter: limiter.storage.get(name))
        return RateLimitStatus(limit.amount, used, reset)

    def _window(self, limit: RateLimitItem, key: tuple[str, ...]) -> tuple[str, int]:
        seconds, now = limit.get_expiry(), time.time()
        window = int(now // seconds)
        name = limit.key_for(*digest(key), str(window))
        return name, max(1, math.ceil((window + 1) * seconds - now))

    async def _either(self, work: Callable[[FixedWindowRateLimiter], Awaitable[T]]) -> T:
        if self.redis is not None:
            with suppress(CircuitOpenError):
                return await self.redis.call(lambda _: work(self.shared))
        return await work(self.local)

    async def _attempt(
        self, limiter: FixedWindowRateLimiter, limit: RateLimitItemPerSecond, *key: str
    ) -> None:
        if not await limiter.hit(limit, *key):
            window = await limiter.get_window_stats(limit, *key)
            raise TooManyAttempts(max(1, math.ceil(window.reset_time - time.time())))


def make_storage(redis: SharedRedis | None) -> Storage:
    """Choose where attempts are counted."""
    if redis is None:
        storage = storage_from_string("async+memory://")
    else:
        options: dict[str, Any] = {"connection_pool": redis.client.connection_pool}
        storage = storage_from_string("async+redis://", implementation="redispy", **options)
    assert isinstance(storage, Storage)
    return storage


def digest(key: tuple[str, ...]) -> tuple[str, ...]:
    """Shorten what clients type to a fixed length; a mistyped password is not to be kept."""
    return tuple(hashlib.sha256(part.encode()).hexdigest()[:32] for part in key)
