"""What a client is told over a WebSocket, while the work on what follows goes on."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import WebSocket

from final.core.errors import NotAuthenticated
from final.links.shortener.batch_messages import Json
from final.links.shortener.inbox import PATIENCE_SECONDS


class Outbox:
    """The messages that are on their way: at most those of one group."""

    def __init__(self, websocket: WebSocket) -> None:
        """Begin with none."""
        self.websocket = websocket
        self.sending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sending.set_result(None)

    @asynccontextmanager
    async def emptying(self) -> AsyncIterator[None]:
        """Have everything sent when the block ends, also when it ends because of a sign-out."""
        try:
            yield
            await self.sending
        except NotAuthenticated:
            await self.sending
            raise
        finally:
            self.sending.cancel()
            await asyncio.gather(self.sending, return_exceptions=True)

    async def send(self, *messages: Json) -> None:
        """Begin to send messages, as soon as those before them have gone."""
        await self.sending
        self.sending = asyncio.create_task(self.send_all(messages))

    async def send_all(self, messages: Sequence[Json]) -> None:
        """Send messages to a client that reads each in reasonable time."""
        for message in messages:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.websocket.send_text(json.dumps(message))
