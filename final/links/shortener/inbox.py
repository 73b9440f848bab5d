"""What a client sends over a WebSocket, read ahead of the work that it makes."""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from final.core.background import alongside
from final.links.shortener.batch_messages import Letter, open_letter

# So much may wait, in bytes; a client that is further ahead has to wait itself.
MAX_WAITING = 8 * 1024 * 1024
# A client that says nothing for so long, while nothing of it waits, has gone.
PATIENCE_SECONDS = 60


class Inbox:
    """The messages that have arrived and wait.

    A ping stands in line behind the messages that were sent before it: it is answered in time only
    if these are read whether or not anybody has time for them.
    """

    def __init__(self, websocket: WebSocket) -> None:
        """Begin with none."""
        self.websocket = websocket
        self.waiting: deque[Letter] = deque()
        self.size = 0
        self.is_over = False
        self.arrived, self.room = asyncio.Event(), asyncio.Event()
        self.room.set()

    @asynccontextmanager
    async def filling(self) -> AsyncIterator[None]:
        """Read for as long as the block lasts."""
        async with alongside(self.fill()):
            yield

    async def fill(self) -> None:
        """Read until the client has gone."""
        try:
            while (message := await self.websocket.receive())["type"] != "websocket.disconnect":
                await self.put(open_letter(message))
        except RuntimeError:
            pass  # the connection was closed from here
        finally:
            self.is_over = True
            self.arrived.set()

    async def put(self, letter: Letter) -> None:
        """Keep a message, and wait for room for the next one."""
        self.waiting.append(letter)
        self.size += sys.getsizeof(letter)
        self.arrived.set()
        if self.size > MAX_WAITING:
            self.room.clear()
            await self.room.wait()

    async def take(self, at_most: int) -> list[Letter]:
        """Return what has arrived, or what arrives next, or raise `WebSocketDisconnect`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.arrived.wait()
        if not self.waiting:
            raise WebSocketDisconnect
        letters = [self.waiting.popleft() for _ in range(min(at_most, len(self.waiting)))]
        self.size -= sum(map(sys.getsizeof, letters))
        self.room.set()
        if not (self.waiting or self.is_over):
            self.arrived.clear()
        return letters
