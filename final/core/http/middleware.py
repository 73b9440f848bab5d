"""What happens around every request. Plain ASGI: BaseHTTPMiddleware costs half the throughput."""

import re
import time
from collections.abc import Callable, Collection, Iterable
from functools import partial
from secrets import token_hex

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.middleware.body_limit import RequestBodyLimitMiddleware, RequestBodyLimitResponder
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from final.core.config import Settings
from final.core.http.error_handlers import problem
from final.core.http.rate_limit import WriteLimit
from final.core.observability.logs import get_logger, request_logger
from final.core.observability.metrics import IN_PROGRESS, RouteMetrics

error_log = get_logger("linkhub.error")

HARMLESS_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
EXPOSED_HEADERS = ["ETag", "Link", "Location", "Retry-After", "X-Request-ID", "X-Total-Count"]
RATE_HEADERS = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# The pages of /docs bring a script, a style sheet and an inline start-up snippet.
DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
)
DOCS_PATHS = ("/docs", "/redoc", "/static-offline-docs")


def is_harmless(request_id: str) -> bool:
    """Accept a caller's request id only when it cannot hurt a log or a header."""
    return HARMLESS_ID.fullmatch(request_id) is not None


class AccessLogMiddleware:
    """One log line, one measurement and one timing header per request."""

    def __init__(self, app: ASGIApp, log: Callable[..., None]) -> None:
        """Wrap the app; `log` takes the facts about a request."""
        self.app = app
        self.log = log
        self.metrics = RouteMetrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time the request and tell what came of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method, path = (
            scope["method"],
            scope["path"],
        )  # as asked; slashes may be rewritten
        started = time.perf_counter()
        status = 500

        async def timed(message: Message) -> None:
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
            seconds = time.perf_counter() - started
            self.metrics.observe(scope, method, status, seconds)
            self.log(
                method=method,
                path=path,
                status=status,
                duration_ms=round(seconds * 1000, 2),
                client=scope["client"][0] if scope.get("client") else None,
            )


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as they travel."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class SecurityHeaders:
    """Headers that keep browsers from guessing, framing and leaking."""

    def __init__(self, app: ASGIApp, strict_transport: bool) -> None:
        """Wrap the app; `strict_transport` pins browsers to HTTPS."""
        self.app = app
        headers = dict(SECURITY_HEADERS)
        if strict_transport:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        self.headers = encoded(headers)
        self.docs_headers = encoded(headers | {"Content-Security-Policy": DOCS_POLICY})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers a route has not set itself."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = self.docs_headers if scope["path"].startswith(DOCS_PATHS) else self.headers

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                present = {name for name, _ in headers}
                headers.extend(header for header in added if header[0] not in present)
            await send(message)

        await self.app(scope, receive, secured)


class UnhandledErrorMiddleware:
    """Turn a fault of ours into a tidy 500, inside CORS so that browsers can read it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log what nobody handled; answer without internals while that is still possible."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            error_log.exception("unhandled error", path=scope["path"], error=type(error).__name__)
            if started:  # half an answer is out: only a broken connection tells the client
                raise
            await problem(500, "Internal Server Error")(scope, receive, send)


class BodyLimit(RequestBodyLimitMiddleware):
    """Starlette's limit on the size of a body, which a router may widen for its own routes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what arrives and refuse what is too much, as it arrives."""
        if scope["type"] == "http":
            await TidyRefusal(self.app, self.max_body_size)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class TidyRefusal(RequestBodyLimitResponder):
    """Let the app's own error handler answer; the original would put plain text in its place."""

    async def send_with_limit(self, message: Message) -> None:
        """Pass the answer on as it is."""
        self.response_started = self.response_started or message["type"] == "http.response.start"
        await self.send(message)


class TrailingSlashMiddleware:
    """Serve both slash forms of a path, and HEAD wherever there is GET."""

    def __init__(self, app: ASGIApp, slashed: Iterable[str]) -> None:
        """Wrap the app; `slashed` are the paths that are declared with a final slash."""
        self.app = app
        self.slashed = frozenset(slashed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite path and method to the declared ones; `head` in the scope tells a handler."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["path"] = self.declared(scope["path"])
        if scope.get("method") != "HEAD":
            await self.app(scope, receive, send)
            return
        got = dict(scope, method="GET", head=True)  # a copy: the server must go on seeing HEAD

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(got, receive, without_body)
        finally:
            scope["endpoint"] = got.get("endpoint")

    def declared(self, path: str) -> str:
        """Return the form of a path that its route was declared with."""
        bare = path.removesuffix("/")
        if bare + "/" in self.slashed:
            return bare + "/"
        return path if not bare or bare.endswith("/") else bare


def add_guards(app: FastAPI, settings: Settings, throttled: Collection[str] = ()) -> None:
    """Stack what stands before the routes; the last one added is the first to see a request.

    The `throttled` paths count their requests themselves.
    """
    app.add_middleware(BodyLimit, max_body_size=settings.max_body_bytes)
    if limit := settings.write_limit:
        app.add_middleware(WriteLimit, limit=limit, exempt=throttled)
    paths = (route.path for route in iter_route_contexts(app.routes))
    app.add_middleware(
        TrailingSlashMiddleware, slashed=[path for path in paths if path and path.endswith("/")]
    )
    app.add_middleware(UnhandledErrorMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS + RATE_HEADERS,
    )


def add_observation(app: FastAPI, settings: Settings) -> None:
    """Stack what sees every request and every answer, whoever gives it."""
    app.add_middleware(SecurityHeaders, strict_transport=settings.is_production)
    app.add_middleware(AccessLogMiddleware, log=request_logger(settings))
    app.add_middleware(
        CorrelationIdMiddleware,
        generator=partial(token_hex, 16),
        validator=is_harmless,
        transformer=None,
        update_request_header=False,  # whoever wants to know asks `correlation_id`
    )
