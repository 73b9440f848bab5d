"""What browsers are told with every answer."""

from functools import partial
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from final.core.http.middleware.response_start import at_start

Headers: TypeAlias = list[tuple[bytes, bytes]]

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


def encoded(headers: dict[str, str]) -> Headers:
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
        secure = partial(secure_answer, added, is_personal)
        await self.app(scope, receive, at_start(send, secure))


def secure_answer(added: Headers, is_personal: bool, start: Message) -> None:
    """Add headers to an answer that starts, as far as it lacks them."""
    headers = start.setdefault("headers", [])
    present = dict(headers)
    headers.extend(header for header in added if header[0] not in present)
    if is_personal:
        keep_private(headers)


def keep_private(headers: Headers) -> None:
    """Let no cache on the way keep what was answered to somebody who said who they are."""
    said = next((value for name, value in headers if name == b"cache-control"), b"")
    if b"private" in said or b"no-store" in said:
        return
    headers[:] = [header for header in headers if header[0] != b"cache-control"]
    headers.append((b"cache-control", b"private, " + said if said else b"no-store"))
