"""Reading goes on while nothing may be written."""

from starlette.types import ASGIApp, Receive, Scope, Send

from final.core.errors import ReadOnly
from final.core.http.error_handlers import refuse

READING = frozenset({"GET", "HEAD", "OPTIONS"})
LISTENING = "/ws"
TRY_AGAIN_LATER = 1013


class ReadOnlyMiddleware:
    """Answer whatever would write with a 503, signing in included: it opens a session."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let readers and listeners through."""
        if scope["type"] == "http" and scope["method"] not in READING:
            await refuse(ReadOnly())(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] != LISTENING:
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
        else:
            await self.app(scope, receive, send)
