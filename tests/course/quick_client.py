"""A client for an app in the process of the tests that visits its event loop once for a request."""

import asyncio
from typing import Any

import httpx2
from fastapi.testclient import TestClient

# As what TestClient introduces itself.
ADDRESS = ("testclient", 50000)


class OneVisit(httpx2.BaseTransport):
    """Hands a request to the app and takes its whole answer back.

    That of TestClient hands over part by part, which takes eight visits and a millisecond: longer
    than most routes. It goes on carrying what is not one request with one answer: WebSockets.
    """

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop, other: Any) -> None:
        self.asgi = httpx2.ASGITransport(app, client=ADDRESS)
        self.loop, self.other = loop, other

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; raise what the app raises."""
        if request.url.scheme in ("ws", "wss"):
            return self.other.handle_request(request)  # type: ignore[no-any-return]
        request.read()
        return asyncio.run_coroutine_threadsafe(self.answer(request), self.loop).result()

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Let the app answer, to the end."""
        answer = await self.asgi.handle_async_request(request)
        content = await answer.aread()
        return httpx2.Response(
            answer.status_code, headers=answer.headers.raw, stream=httpx2.ByteStream(content)
        )

    def close(self) -> None:
        """End what the other way still has open."""
        self.other.close()


class QuickClient(TestClient):
    """TestClient, quicker; an answer is there when it is there to its end."""

    def __enter__(self) -> "QuickClient":
        """Start the app."""
        super().__enter__()
        assert self.portal is not None
        loop = self.portal.call(asyncio.get_running_loop)
        self._transport = OneVisit(self.app, loop, self._transport)
        return self
