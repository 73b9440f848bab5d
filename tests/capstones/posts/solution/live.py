"""`/ws` tells whoever listens that there is a new post."""

import asyncio

from fastapi import WebSocket

listeners: set[WebSocket] = set()


async def announce(post: dict[str, object]) -> None:
    """Tell every listener of a post; one who has gone is forgotten when its own loop ends."""
    message = {"type": "post.created", "post": post}
    sent = [listener.send_json(message) for listener in listeners]
    await asyncio.gather(*sent, return_exceptions=True)


async def listen(websocket: WebSocket) -> None:
    """Stay connected until the client leaves."""
    await websocket.accept()
    listeners.add(websocket)
    async for _ in websocket.iter_text():
        pass
    listeners.discard(websocket)
