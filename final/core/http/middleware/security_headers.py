"""What browsers are told with every answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# The pages of /docs bring a script, a style sheet and an inline start-up snippet; a picture that an
# endpoint answers with is shown from memory (`blob:`).
DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src blob:; frame-ancestors 'none'"
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
        is_personal = b"authorization" in dict(scope["headers"])
        added = self.docs_headers if scope["path"].startswith(DOCS_PATHS) else self.headers

        async def secured(message: Message) -> None:
            """Add the headers as the response starts."""
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                present = dict(headers)
                headers.extend(header for header in added if header[0] not in present)
                if is_personal:
                    keep_private(headers)
            await send(message)

        await self.app(scope, receive, secured)


def keep_private(headers: list[tuple[bytes, bytes]]) -> None:
    """Let no cache on the way keep what was answered to somebody who said who they are."""
    said = next((value for name, value in headers if name == b"cache-control"), b"")
    if b"private" in said or b"no-store" in said:
        return
    headers[:] = [header for header in headers if header[0] != b"cache-control"]
    headers.append((b"cache-control", b"private, " + said if said else b"no-store"))
