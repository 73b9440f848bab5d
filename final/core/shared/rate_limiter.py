"""Counting attempts: in this process, or in Redis for all workers together."""

import hashlib
import math
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, TypeAlias, TypeVar

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.storage import storage_from_string
from starlette.requests import HTTPConnection

from final.core.errors import TooManyAttempts
from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.redis_client import SharedRedis

T = TypeVar("T")

Proxies: TypeAlias = Sequence[IPv4Network | IPv6Network]


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

    async def attempt(self, limit: RateLimitItemPerSecond, *key: str) -> None:
        """Count one attempt, or raise `TooManyAttempts`."""
        key = digest(key)
        await self._either(lambda limiter: self._attempt(limiter, limit, *key))

    async def reset(self, limit: RateLimitItemPerSecond, *key: str) -> None:
        """Forget the attempts so far: this one was right."""
        key = digest(key)
        await self.local.clear(limit, *key)
        await self._either(lambda limiter: limiter.clear(limit, *key))

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


def client_address(connection: HTTPConnection, trusted_proxies: Proxies) -> str:
    """Return the address an attempt is counted under; headers count only from trusted proxies.

    uvicorn itself believes whoever connects from 127.0.0.1. So where no proxy is configured, all
    requests that claim to be forwarded count as one client, whatever they claim.
    """
    host: str = connection.client.host if connection.client else "local"
    claimed = connection.headers.getlist("x-forwarded-for")  # a proxy may add a line of its own
    if not claimed:
        return neighbourhood(host)
    if not trusted_proxies:
        return "forwarded"
    hops = ",".join(claimed).split(",")
    while hops and is_trusted(host, trusted_proxies):
        host = without_port(hops.pop().strip()) or host
    return neighbourhood(host)


def without_port(host: str) -> str:
    """Cut the port off an address, as some proxies write it, and the brackets of IPv6."""
    match = re.fullmatch(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+", host)
    return (match[1] or match[2]) if match else host


def read_address(host: str) -> IPv4Address | IPv6Address | None:
    """Read an address in any spelling; IPv4 in the clothes of IPv6 is IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def neighbourhood(host: str) -> str:
    """Return what one client cannot leave: its address, or the /64 that IPv6 gives everybody."""
    address = read_address(host)
    if address is None:
        return host
    return str(address) if address.version == 4 else str(IPv6Network((int(address), 64), False))


def is_trusted(host: str, trusted_proxies: Proxies) -> bool:
    """Tell whether an address belongs to one of our own proxies."""
    address = read_address(host)
    return address is not None and any(address in network for network in trusted_proxies)
