"""What browsers are told with every answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as they travel."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class SecurityHeadersMiddleware:
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
