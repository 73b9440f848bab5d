"""Methods that a path does not have."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Receive, Scope, Send

from final.core.http.error_handlers import method_not_allowed, with_head


@dataclass
class LiteralPath:
    """A path without a parameter: its first endpoint, and the methods of all it has."""

    endpoint: Any
    methods: set[str] = field(default_factory=set)


class AllowedMethodsMiddleware:
    """Let a path that is declared word for word be no other route's.

    Otherwise `PATCH /links/export` would be `PATCH /links/{link_id}` with a number that is none.
    """

    def __init__(self, app: ASGIApp, paths: dict[str, LiteralPath]) -> None:
        """Wrap the app; `paths` are those without a parameter."""
        self.app = app
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what the path has; refuse the rest with 405."""
        path = self.paths.get(scope["path"]) if scope["type"] == "http" else None
        if path is None or scope["method"] in path.methods:
            await self.app(scope, receive, send)
            return
        scope["endpoint"] = path.endpoint  # the metrics count it under this
        await method_not_allowed(scope["method"], with_head(path.methods))(scope, receive, send)


def literal_paths(app: FastAPI) -> dict[str, LiteralPath]:
    """Collect the paths that are declared without a parameter."""
    found: dict[str, LiteralPath] = {}
    for route in iter_route_contexts(app.routes):
        if route.path and route.methods and "{" not in route.path:
            path = found.setdefault(route.path, LiteralPath(route.endpoint))
            path.methods |= route.methods
    return found
