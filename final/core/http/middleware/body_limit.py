"""How much a request may bring."""

from starlette.middleware.body_limit import RequestBodyLimitMiddleware, RequestBodyLimitResponder
from starlette.types import Message, Receive, Scope, Send


class BodyLimitMiddleware(RequestBodyLimitMiddleware):
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
