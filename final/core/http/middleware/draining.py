"""Leaving without a failed request: first not ready, then without connections, then gone.

A proxy notices late that a replica has stopped. So on SIGTERM the app goes on for
`DRAIN_SECONDS`: `/health/ready` is a 503, and every answer closes its connection; by the end
nobody has one on which to send another request.
"""

import asyncio
import signal
import threading
from asyncio import AbstractEventLoop as EventLoop
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from final.core.http.middleware.response_start import at_start

Handler = Callable[[int, FrameType | None], Any]


class Draining:
    """Whether this process is about to stop."""

    def __init__(self, seconds: float) -> None:
        """Take how long to go on after SIGTERM; 0 leaves the signal to the server."""
        self.seconds = seconds
        self.begun = False

    def listen(self) -> None:
        """Come between SIGTERM and the server that has just started, where there is one."""
        server = signal.getsignal(signal.SIGTERM)
        if self.seconds and callable(server) and on_main_thread():
            loop = asyncio.get_running_loop()
            signal.signal(signal.SIGTERM, partial(self.begin, loop, server))

    def begin(self, loop: EventLoop, server: Handler, number: int, frame: FrameType | None) -> None:
        """Let the server hear of SIGTERM in a while, but of a second one at once."""
        if self.begun:
            server(number, frame)
            return
        self.begun = True
        loop.call_soon_threadsafe(loop.call_later, self.seconds, server, number, None)


def on_main_thread() -> bool:
    """Tell whether signals can be handled here: in tests the app often runs elsewhere."""
    return threading.current_thread() is threading.main_thread()


class DrainingMiddleware:
    """Close connections while the process is about to stop."""

    def __init__(self, app: ASGIApp, draining: Draining) -> None:
        """Wrap the app."""
        self.app = app
        self.draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the client, by a header, to come back on another connection."""
        if self.draining.begun and scope["type"] == "http":
            send = at_start(send, end_connection)
        await self.app(scope, receive, send)


def end_connection(start: Message) -> None:
    """Add the header after which nothing else comes on a connection."""
    MutableHeaders(scope=start)["Connection"] = "close"
