"""How often somebody may write: counted by account, or by address for those without one."""

from collections.abc import Collection
from functools import partial

from limits import RateLimitItem
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from final.core.errors import TooManyAttempts
from final.core.http.client_address import client_address
from final.core.http.error_handlers import refuse
from final.core.http.middleware.response_start import at_start
from final.core.observability.logs import get_logger
from final.core.resources import Resources, resources_of
from final.core.shared.rate_limiter import RateLimitStatus

logger = get_logger(__name__)

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class WriteLimitMiddleware:
    """Refuse whoever writes too often, before the body is read or the database asked."""

    def __init__(self, app: ASGIApp, limit: RateLimitItem, exempt: Collection[str]) -> None:
        """Wrap the app; the `exempt` paths count attempts in a stricter way themselves."""
        self.app = app
        self.limit = limit
        self.exempt = frozenset(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through whatever does not write."""
        is_write = scope["type"] == "http" and scope["method"] in WRITES
        if is_write and scope["path"] not in self.exempt:
            await self.count(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def count(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a write, and say in the headers of its answer how many are left."""
        connection = HTTPConnection(scope)
        resources = resources_of(connection)
        who = caller(connection, resources)
        status = await resources.rate_limiter.count(self.limit, *who)
        answer = self.app
        if status.exceeded:
            logger.warning("write refused", by=who[0], path=scope["path"])
            answer = refuse(TooManyAttempts(status.reset))
        await answer(scope, receive, at_start(send, partial(add_rate_headers, status)))


def caller(connection: HTTPConnection, resources: Resources) -> tuple[str, str]:
    """Name who is counted: the subject of a genuine token, or an address."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    claims = resources.tokens.read(token.strip(), "access") if scheme.lower() == "bearer" else None
    if claims is not None:
        return "user", claims.sub
    return "address", client_address(connection, resources.settings.trusted_proxies)


def add_rate_headers(status: RateLimitStatus, start: Message) -> None:
    """Describe a limit in the headers that clients know; `Reset` is in seconds from now."""
    headers = MutableHeaders(scope=start)
    headers["X-RateLimit-Limit"] = str(status.limit)
    headers["X-RateLimit-Remaining"] = str(status.remaining)
    headers["X-RateLimit-Reset"] = str(status.reset)
