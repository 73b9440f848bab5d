"""Redis: what workers share, and what each of them can do without.

All parts of an app have one client and one circuit in common: the first call that fails, whoever
made it, spares all others the waiting.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from final.core.observability.tracing import untraced
from final.core.shared.circuit_breaker import CircuitBreaker

if TYPE_CHECKING:
    from redis.asyncio import Redis

    Client: TypeAlias = Redis

T = TypeVar("T")


class SharedRedis:
    """The connections of one app to Redis."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet."""
        from redis.asyncio import Redis  # only where Redis is used
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        # Once more at once, for a connection that was cut meanwhile; more is up to the circuit.
        options: dict[str, Any] = {"retry": Retry(NoBackoff(), 1)}
        self.client = Redis.from_url(url, **options)
        self.failures: tuple[type[Exception], ...] = (RedisError, OSError)
        self.circuit = CircuitBreaker("redis", self.failures, self.ping)

    async def call(self, work: "Callable[[Client], Awaitable[T]]") -> T:
        """Return what Redis answers, or raise `CircuitOpenError`."""
        return await self.circuit.call(lambda: work(self.client))

    async def ping(self) -> None:
        """Ask for a sign of life."""
        with untraced():
            await self.client.ping()

    async def close(self) -> None:
        """Let go of the connections."""
        await self.circuit.close()
        await self.client.aclose()


def open_redis(url: str | None) -> SharedRedis | None:
    """Return Redis, if there is one."""
    return SharedRedis(url) if url else None
