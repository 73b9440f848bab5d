"""Short-circuits: answers that are given before any route is tried.

A route behind fifty others costs half again as much, its dependencies cost more than a short query,
and then comes the way back through all guards. What is asked for most often can be spared all that.
Request id, log, metrics and security headers stand outside of this, and treat it like a route.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

# What the guard that knows origins adds to an answer without one.
VARY = (b"vary", b"Origin")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it goes out, any number of times."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, with a list of headers of its own: middleware on the way out adds to it."""
        start = {"type": "http.response.start", "status": self.status, "headers": [*self.headers]}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


class ShortCircuit:
    """Middleware that answers a plain GET itself if it can; the routes answer everything else."""

    def __init__(self, app: ASGIApp, endpoint: Callable[..., Any]) -> None:
        """Wrap the app; `endpoint` is the handler whose work this does, as the metrics see it."""
        self.app = app
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        answer = await self.find(scope) if is_plain_get(scope) else None
        if answer is None:
            await self.pass_on(scope, receive, send)
            return
        scope["endpoint"] = self.endpoint
        await answer(scope, receive, send)

    async def find(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request, or nothing."""
        raise NotImplementedError

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a route answer."""
        await self.app(scope, receive, send)


def is_plain_get(scope: Scope) -> bool:
    """Tell whether a request is a GET by no page of another origin: that one needs CORS headers."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return b"origin" not in dict(scope["headers"])
