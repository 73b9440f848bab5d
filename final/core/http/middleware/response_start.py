"""The moment at which a response starts: its status is known, its headers may still be changed."""

from collections.abc import Callable

from starlette.types import Message, Send


def at_start(send: Send, act: Callable[[Message], object]) -> Send:
    """Return a `send` that does something about the start of a response before it goes out."""

    async def watched(message: Message) -> None:
        """Act on the one message that starts it."""
        if message["type"] == "http.response.start":
            act(message)
        await send(message)

    return watched
