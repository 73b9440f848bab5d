"""From exceptions to answers: always JSON, never the input, never internals."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from final.core.errors import AppError, Conflict, Unavailable
from final.core.http.validation import describe_problems
from final.core.observability.logs import get_logger

logger = get_logger(__name__)

# What a query raises while there is no database for it.
DATABASE_AWAY = (DBAPIError, PoolTimeout, Unavailable)
# PostgreSQL's codes for what may work later: a statement or the wait for a lock took too long, a
# deadlock, a server that is read-only.
LATER = {"57014", "55P03", "40P01", "25006"}


def problem(
    status: int, detail: Any, headers: Mapping[str, str] | None = None, **more: str
) -> Response:
    """Build an error answer; escaped to ASCII, so that lone surrogates cannot break it."""
    body = json.dumps({"detail": detail, **more})
    return Response(body, status, headers, media_type="application/json")


def refuse(error: AppError) -> Response:
    """Render a domain refusal."""
    return problem(error.status, error.message, error.headers)


async def on_app_error(_request: Request, error: AppError) -> Response:
    """Answer a refusal that a service raised."""
    return refuse(error)


async def on_invalid_input(_request: Request, error: RequestValidationError) -> Response:
    """Answer with everything that is wrong with the input."""
    return problem(422, describe_problems(error.errors(), error.body))


async def on_http_error(request: Request, error: HTTPException) -> Response:
    """Answer the framework's own errors; a 405 lists every method the path has."""
    if error.status_code != 405:
        return problem(error.status_code, error.detail, error.headers)
    return method_not_allowed(request.method, allowed_methods(request))


def method_not_allowed(method: str, allowed: Iterable[str]) -> Response:
    """Answer a method that a path does not have; OPTIONS only asks which it has."""
    allow = {"Allow": ", ".join(allowed)}
    if method == "OPTIONS":
        return Response(status_code=204, headers=allow)
    return problem(405, "Method Not Allowed", allow)


async def on_integrity_error(_request: Request, error: IntegrityError) -> Response:
    """Answer 409 where a constraint caught what a check before it could not."""
    logger.info("constraint refused a write", error=type(error.orig).__name__)
    return refuse(Conflict())


async def on_database_error(_request: Request, error: DBAPIError) -> Response:
    """Answer 503 while the database is away or overloaded; all else is a fault of ours."""
    lost = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    if not lost and getattr(error.orig, "sqlstate", None) not in LATER:
        raise error
    return unavailable(error)


async def on_pool_timeout(_request: Request, error: PoolTimeout) -> Response:
    """Answer 503 when all connections are taken."""
    return unavailable(error)


def unavailable(error: Exception) -> Response:
    """Render the absence of the database."""
    logger.error("database unavailable", error=str(getattr(error, "orig", error)))
    return refuse(Unavailable())


def allowed_methods(request: Request) -> list[str]:
    """Collect the methods of every route that has this path."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        matches = getattr(route, "matches", route.original_route.matches)
        if matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return with_head(methods)


def with_head(methods: set[str]) -> list[str]:
    """Sort methods; HEAD works wherever GET does."""
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def add_error_handlers(app: FastAPI) -> None:
    """Teach the app its whole vocabulary of errors."""
    handlers: dict[type[Exception], Any] = {
        AppError: on_app_error,
        RequestValidationError: on_invalid_input,
        HTTPException: on_http_error,
        IntegrityError: on_integrity_error,
        DBAPIError: on_database_error,
        PoolTimeout: on_pool_timeout,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
