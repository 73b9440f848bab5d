"""The last who can answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from final.core.http.error_handlers import problem
from final.core.http.middleware.response_start import at_start
from final.core.observability.logs import get_logger

error_log = get_logger("linkhub.error")


class UnhandledErrorMiddleware:
    """Turn a fault of ours into a tidy 500, inside CORS so that browsers can read it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log what nobody handled; answer without internals while that is still possible."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        starts: list[Message] = []
        try:
            await self.app(scope, receive, at_start(send, starts.append))
        except Exception as error:
            error_log.exception("unhandled error", path=scope["path"], error=type(error).__name__)
            if starts:  # half an answer is out: only a broken connection tells the client
                raise
            await problem(500, "Internal Server Error")(scope, receive, send)
