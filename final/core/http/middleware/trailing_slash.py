"""Forms of a request that mean the same."""

from collections.abc import Iterable

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TrailingSlashMiddleware:
    """Serve both slash forms of a path, and HEAD wherever there is GET."""

    def __init__(self, app: ASGIApp, slashed: Iterable[str]) -> None:
        """Wrap the app; `slashed` are the paths that are declared with a final slash."""
        self.app = app
        self.slashed = frozenset(slashed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite path and method to the declared ones; `head` in the scope tells a handler."""
        if scope["type"] != "lifespan":
            scope["path"] = self.declared(scope["path"])
        if scope.get("method") != "HEAD":
            await self.app(scope, receive, send)
            return
        got = dict(scope, method="GET", head=True)  # a copy: the server must go on seeing HEAD
        try:
            await self.app(got, receive, without_body(send))
        finally:
            scope["endpoint"] = got.get("endpoint")

    def declared(self, path: str) -> str:
        """Return the form of a path that its route was declared with."""
        bare = path.removesuffix("/")
        if bare + "/" in self.slashed:
            return bare + "/"
        return path if not bare or bare.endswith("/") else bare


def without_body(send: Send) -> Send:
    """Return a `send` that passes on the headers of a response alone: HEAD asks for no more."""

    async def send_headers(message: Message) -> None:
        """Leave empty what holds the body."""
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_headers


def slashed_paths(app: FastAPI) -> list[str]:
    """Collect the paths that are declared with a final slash."""
    paths = (route.path for route in iter_route_contexts(app.routes))
    return [path for path in paths if path and path.endswith("/")]
