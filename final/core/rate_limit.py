"""Counting attempts: in this process, or in Redis for all workers together."""

import hashlib
import math
import time
from ipaddress import ip_address, ip_network

from limits import RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from starlette.requests import HTTPConnection

from final.core.config import Settings
from final.core.errors import TooManyAttempts
from final.core.logging import get_logger

logger = get_logger(__name__)

REDIS_OPTIONS: dict[str, str | float] = {
    "implementation": "redispy",
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
}


class RateLimiter:
    """Let so many attempts pass in a moving window; without Redis, count in this process."""

    def __init__(self, settings: Settings) -> None:
        """Connect to nothing yet."""
        self.local = MovingWindowRateLimiter(make_storage(None))
        self.shared = MovingWindowRateLimiter(make_storage(settings.redis_url))

    async def attempt(self, limit: RateLimitItemPerSecond, *key: str) -> None:
        """Count one attempt, or raise `TooManyAttempts`."""
        key = digest(key)
        try:
            await self._attempt(self.shared, limit, *key)
        except StorageError as error:
            logger.warning("rate limit storage away, counting alone", error=str(error))
            await self._attempt(self.local, limit, *key)

    async def forgive(self, limit: RateLimitItemPerSecond, *key: str) -> None:
        """Forget the attempts so far: this one was right."""
        key = digest(key)
        await self.local.clear(limit, *key)
        try:
            await self.shared.clear(limit, *key)
        except StorageError as error:
            logger.warning("rate limit storage away", error=str(error))

    async def close(self) -> None:
        """Close the connections to Redis."""
        if bridge := getattr(self.shared.storage, "bridge", None):
            await bridge.storage.aclose()

    async def _attempt(
        self, limiter: MovingWindowRateLimiter, limit: RateLimitItemPerSecond, *key: str
    ) -> None:
        if not await limiter.hit(limit, *key):
            window = await limiter.get_window_stats(limit, *key)
            raise TooManyAttempts(max(1, math.ceil(window.reset_time - time.time())))


def make_storage(redis_url: str | None) -> Storage:
    """Choose where attempts are counted."""
    if redis_url is None:
        storage = storage_from_string("async+memory://")
    else:
        storage = storage_from_string(f"async+{redis_url}", wrap_exceptions=True, **REDIS_OPTIONS)
    assert isinstance(storage, Storage)
    return storage


def digest(key: tuple[str, ...]) -> tuple[str, ...]:
    """Shorten what clients type to a fixed length; a mistyped password is not to be kept."""
    return tuple(hashlib.sha256(part.encode()).hexdigest()[:32] for part in key)


def client_address(connection: HTTPConnection, trusted_proxies: list[str]) -> str:
    """Return the address an attempt is counted under; headers count only from trusted proxies."""
    host, port = connection.scope.get("client") or ("local", 0)
    if port == 0:
        # uvicorn believes X-Forwarded-For from 127.0.0.1 by default and then sets port 0.
        return host if trusted_proxies else "local"
    forwarded = connection.headers.get("x-forwarded-for", "").split(",")
    while forwarded and is_trusted(host, trusted_proxies):
        host = forwarded.pop().strip() or host
    return str(host)


def is_trusted(host: str, trusted_proxies: list[str]) -> bool:
    """Tell whether an address belongs to one of our own proxies."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in ip_network(network, strict=False) for network in trusted_proxies)
