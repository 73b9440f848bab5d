"""Messages to everyone who listens: in this process, and through Redis in all of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

from final.core.background import alongside
from final.core.observability.logs import get_logger
from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.redis_client import SharedRedis

logger = get_logger(__name__)

CHANNEL = "linkhub:pubsub"
# So many messages may wait for one subscriber; who falls further behind is let go.
BACKLOG = 100
# After so long a silence Redis is asked whether it is still there: mostly it is this that notices
# when it is not, before a request does.
SILENCE_SECONDS = 0.5
RETRY_SECONDS = 1.0


class Subscriber:
    """One listener: the messages that wait for it, and whether it was let go."""

    def __init__(self, topic: str) -> None:
        """Start with nothing waiting."""
        self.topic = topic
        self.messages: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self.dropped = asyncio.Event()

    def offer(self, message: str) -> None:
        """Put a message in line without ever waiting; a full line ends the subscription."""
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped.set()


class PubSub:
    """Publish and subscribe.

    A message reaches the subscribers of its own process directly and those of the others through
    Redis, so that each gets it once, and a Redis that is away silences nobody nearby.
    """

    def __init__(self, redis: SharedRedis | None) -> None:
        """Start with nobody who listens."""
        self.redis = redis
        self.origin = uuid4().hex
        self.subscribers: set[Subscriber] = set()
        # What this process itself does about the messages of a topic, at once.
        self.handlers: dict[str, Callable[[Any], None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Exchange messages with the other processes for as long as the block lasts."""
        if self.redis is None:
            yield
            return
        async with alongside(self.listen(self.redis)):
            yield

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[Subscriber]:
        """Lend a subscription that ends with the block."""
        subscriber = Subscriber(topic)
        self.subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self.subscribers.discard(subscriber)

    async def publish(self, topic: str, message: Any) -> None:
        """Hand a message to all who listen, in every process; nobody slow is waited for."""
        text = json.dumps(message)
        self.deliver(topic, text)
        if self.redis is not None:
            letter = f"{self.origin} {topic} {text}"
            with suppress(CircuitOpenError):
                await self.redis.call(lambda client: client.publish(CHANNEL, letter))

    def deliver(self, topic: str, text: str) -> None:
        """Act on a message, and put it in line for every subscriber of this process."""
        if handle := self.handlers.get(topic):
            handle(json.loads(text))
        for subscriber in tuple(self.subscribers):
            if subscriber.topic == topic:
                subscriber.offer(text)
            if subscriber.dropped.is_set():
                self.subscribers.discard(subscriber)
                logger.info("subscriber too slow, let go")

    async def listen(self, redis: SharedRedis) -> None:
        """Deliver what other processes publish; after a loss of Redis, begin again."""
        failures: tuple[type[Exception], ...] = (*redis.failures, ValueError)
        while True:
            try:
                await self.relay(redis)
            except CircuitOpenError:
                await redis.circuit.until_back()
            except failures as error:
                logger.warning("other workers not heard", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def relay(self, redis: SharedRedis) -> None:
        """Deliver other processes' messages until Redis goes away."""
        async with redis.client.pubsub(ignore_subscribe_messages=True) as channel:
            await redis.circuit.call(lambda: channel.subscribe(CHANNEL))
            while True:
                message = await channel.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    await redis.circuit.call(redis.ping)
                    continue
                self.deliver_letter(message["data"].decode(errors="replace"))

    def deliver_letter(self, letter: str) -> None:
        """Deliver a message that came through Redis, unless it is from here."""
        origin, _, content = letter.partition(" ")
        topic, _, text = content.partition(" ")
        if text and origin != self.origin:
            self.deliver(topic, text)
