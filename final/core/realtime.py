"""Messages to everyone who listens: in this process, and through Redis in all of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from final.core.logging import get_logger

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = get_logger(__name__)

CHANNEL = "linkhub:realtime"
# So many messages may wait for one subscriber; who falls further behind is let go.
BACKLOG = 100
RETRY_SECONDS = 1.0


class Subscriber:
    """One listener: the messages that wait for it, and whether it was let go."""

    def __init__(self) -> None:
        """Start with nothing waiting."""
        self.messages: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self.dropped = asyncio.Event()

    def offer(self, message: str) -> None:
        """Put a message in line without ever waiting; a full line ends the subscription."""
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped.set()


class Realtime:
    """Publish and subscribe.

    A message reaches the subscribers of its own process directly and those of the others through
    Redis, so that each gets it once, and a Redis that is away silences nobody nearby.
    """

    def __init__(self, redis_url: str | None) -> None:
        """Connect to nothing yet."""
        self.redis_url = redis_url
        self.redis: Redis | None = None
        self.origin = uuid4().hex
        self.subscribers: set[Subscriber] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Exchange messages with the other processes for as long as the block lasts."""
        if self.redis_url is None:
            yield
            return
        from redis.asyncio import Redis  # only where Redis is used

        listener = asyncio.create_task(self.listen(self.redis_url))
        try:
            options: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1}
            async with Redis.from_url(self.redis_url, **options) as self.redis:
                yield
        finally:
            self.redis = None
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[Subscriber]:
        """Lend a subscription that ends with the block."""
        subscriber = Subscriber()
        self.subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self.subscribers.discard(subscriber)

    async def publish(self, message: dict[str, Any]) -> None:
        """Hand a message to every subscriber of every process; nobody slow is waited for."""
        text = json.dumps(message)
        self.deliver(text)
        if self.redis is None:
            return
        from redis.exceptions import RedisError

        try:
            await self.redis.publish(CHANNEL, f"{self.origin} {text}")
        except (RedisError, OSError) as error:
            logger.warning("redis away, other workers not told", error=str(error))

    def deliver(self, text: str) -> None:
        """Put a message in line for every subscriber of this process."""
        for subscriber in tuple(self.subscribers):
            subscriber.offer(text)
            if subscriber.dropped.is_set():
                self.subscribers.discard(subscriber)
                logger.info("subscriber too slow, let go")

    async def listen(self, redis_url: str) -> None:
        """Deliver what other processes publish; after a loss of Redis, connect again."""
        from redis.exceptions import RedisError

        while True:
            try:
                await self.relay(redis_url)
            except (RedisError, OSError) as error:
                logger.warning("redis away, other workers not heard", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def relay(self, redis_url: str) -> None:
        """Deliver other processes' messages until the connection breaks."""
        from redis.asyncio import Redis

        options: dict[str, Any] = {"socket_connect_timeout": 1, "health_check_interval": 15}
        async with (
            Redis.from_url(redis_url, decode_responses=True, **options) as redis,
            redis.pubsub(ignore_subscribe_messages=True) as channel,
        ):
            await channel.subscribe(CHANNEL)
            async for message in channel.listen():
                origin, text = message["data"].split(" ", 1)
                if origin != self.origin:
                    self.deliver(text)
