"""What each request leaves behind."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from final.core.http.middleware.response_start import at_start
from final.core.observability.metrics import IN_PROGRESS, RouteMetrics
from final.core.observability.saturation import WEBSOCKETS


class Stopwatch:
    """How long a request takes, and with which status its answer has started."""

    def __init__(self) -> None:
        """Begin; what is never answered counts as a fault of ours."""
        self.started = time.perf_counter()
        self.status = 500

    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.perf_counter() - self.started

    def note_start(self, start: Message) -> None:
        """Note the status, and say in a header how long it took to get there."""
        self.status = start["status"]
        start.setdefault("headers", []).append((b"x-process-time", b"%.6f" % self.seconds()))


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
        watch = Stopwatch()
        IN_PROGRESS.inc()
        try:
            await self.app(scope, receive, at_start(send, watch.note_start))
        finally:
            IN_PROGRESS.dec()
            self.record(scope, *asked, watch.status, watch.seconds())

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
