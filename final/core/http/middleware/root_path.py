"""Serving under a prefix, as uvicorn's `--root-path` has it."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from final.core.root_path import ROOT_PATH


class RootPathMiddleware:
    """Let everything inside see the paths that were declared, whatever stands before them.

    The server puts the prefix before every path. A proxy that has left it there already is no
    reason for a 404: it is taken away twice.
    """

    def __init__(self, app: ASGIApp, mounts: Iterable[str] = ()) -> None:
        """Wrap the app; what is under `mounts` looks for its own path behind the prefix."""
        self.app = app
        self.mounts = tuple(mounts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the prefix off the path, and remember it for paths that go out."""
        root = scope.get("root_path", "").rstrip("/")
        if scope["type"] == "lifespan" or not root:
            await self.app(scope, receive, send)
            return
        token = ROOT_PATH.set(root)
        try:
            await self.app(self.inside(scope, root), receive, send)
        finally:
            ROOT_PATH.reset(token)

    def inside(self, scope: Scope, root: str) -> Scope:
        """Return a request as those see it who know nothing of the prefix."""
        path = "/" + scope["path"].removeprefix(scope["root_path"]).removeprefix("/")
        if path.startswith(root + "/"):
            path = path.removeprefix(root)
        # The router would take off what looks like the prefix once more.
        root_seen = "" if path.startswith((root, *self.mounts)) else root
        return dict(scope, path=path, root_path=root_seen)
