"""What is to be seen from outside: a line of the log and a measurement for every request."""

import time

import structlog
from asgi_correlation_id import correlation_id
from fastapi import Request, Response
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.middleware.base import RequestResponseEndpoint

logger = structlog.wrap_logger(structlog.PrintLogger(), [structlog.processors.JSONRenderer()])
metrics = Instrumentator(registry=CollectorRegistry())


async def observe(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Time a request, and say so in the answer and in the log."""
    started = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Process-Time"] = f"{time.perf_counter() - started:.6f}"
    what = f"{request.method} {request.url.path} {response.status_code}"
    logger.info(what, request_id=correlation_id.get())
    return response
