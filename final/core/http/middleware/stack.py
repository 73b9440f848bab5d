"""What stands around every route, in order.

Plain ASGI: BaseHTTPMiddleware costs half the throughput.
"""

import re
from collections.abc import Callable, Collection
from functools import partial
from secrets import token_hex

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from final.core.config import Settings
from final.core.http.middleware.access_log import AccessLogMiddleware
from final.core.http.middleware.allowed_methods import AllowedMethodsMiddleware, literal_paths
from final.core.http.middleware.body_limit import BodyLimitMiddleware
from final.core.http.middleware.read_only import ReadOnlyMiddleware
from final.core.http.middleware.security_headers import SecurityHeadersMiddleware
from final.core.http.middleware.trailing_slash import TrailingSlashMiddleware, slashed_paths
from final.core.http.middleware.unhandled_errors import UnhandledErrorMiddleware
from final.core.http.middleware.write_limit import WriteLimitMiddleware

HARMLESS_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
EXPOSED_HEADERS = [
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-ID",
    "X-Total-Count",
    "X-Total-Count-Exact",
]
RATE_HEADERS = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]


def is_harmless(request_id: str) -> bool:
    """Accept a caller's request id only when it cannot hurt a log or a header."""
    return HARMLESS_ID.fullmatch(request_id) is not None


def add_guards(app: FastAPI, settings: Settings, throttled: Collection[str] = ()) -> None:
    """Stack what stands before the routes; the last one added is the first to see a request."""
    app.add_middleware(AllowedMethodsMiddleware, paths=literal_paths(app))
    app.add_middleware(BodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    if limit := settings.write_limit:
        app.add_middleware(WriteLimitMiddleware, limit=limit, exempt=throttled)
    if settings.read_only:
        app.add_middleware(ReadOnlyMiddleware)
    app.add_middleware(TrailingSlashMiddleware, slashed=slashed_paths(app))
    app.add_middleware(UnhandledErrorMiddleware)
    let_browsers_in(app, settings.cors_origins)


def let_browsers_in(app: FastAPI, origins: list[str]) -> None:
    """Let pages of these origins call the app, and read the headers that it answers with."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS + RATE_HEADERS,
    )


def add_observation(app: FastAPI, settings: Settings, log: Callable[..., None]) -> None:
    """Stack what sees every request and every answer, whoever gives it; `log` writes the line."""
    app.add_middleware(SecurityHeadersMiddleware, strict_transport=settings.is_production)
    app.add_middleware(AccessLogMiddleware, log=log)
    app.add_middleware(
        CorrelationIdMiddleware,
        generator=partial(token_hex, 16),
        validator=is_harmless,
        transformer=None,
        update_request_header=False,  # whoever wants to know asks `correlation_id`
    )
