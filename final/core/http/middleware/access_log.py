"""What each request leaves behind."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from final.core.observability.metrics import IN_PROGRESS, RouteMetrics
from final.core.observability.saturation import WEBSOCKETS


class AccessLogMiddleware:
    """One log line, one measurement and one timing header per request."""

    def __init__(self, app: ASGIApp, log: Callable[..., None]) -> None:
        """Wrap the app; `log` takes the facts about a request."""
        self.app = app
        self.log = log
        self.metrics = RouteMetrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what comes of a request; count a WebSocket for as long as it is open."""
        if scope["type"] == "http":
            await self.observe(scope, receive, send)
        elif scope["type"] == "websocket":
            with WEBSOCKETS.track_inprogress():
                await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time a request, to whatever end it comes."""
        asked = scope["method"], scope["path"]  # slashes may be rewritten below
        started = time.perf_counter()
        status = 500

        async def timed(message: Message) -> None:
            """Note the status as the response starts, and add how long that took."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                elapsed = b"%.6f" % (time.perf_counter() - started)
                message.setdefault("headers", []).append((b"x-process-time", elapsed))
            await send(message)

        IN_PROGRESS.inc()
        try:
            await self.app(scope, receive, timed)
        finally:
            IN_PROGRESS.dec()
            self.record(scope, *asked, status, time.perf_counter() - started)

    def record(self, scope: Scope, method: str, path: str, status: int, seconds: float) -> None:
        """Measure and log a request that is over."""
        self.metrics.observe(scope, method, status, seconds)
        self.log(
            method=method,
            path=path,
            status=status,
            duration_ms=round(seconds * 1000, 2),
            client=scope["client"][0] if scope.get("client") else None,
        )
