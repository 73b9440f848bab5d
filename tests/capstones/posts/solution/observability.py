"""What is to be seen from outside: a log line and a measurement for every request."""

import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from uuid import uuid4

from fastapi import Request, Response
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from .database import engine

request_id: ContextVar[str] = ContextVar("request_id", default="")
registry = CollectorRegistry()
DURATION = Histogram(
    "http_request_seconds", "Requests", ["method", "route", "status"], registry=registry
)
logger = logging.getLogger("posts")
if os.getenv("OTEL_EXPORTER_OTLP_ENDPOINT"):
    SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine)


class JsonFormatter(logging.Formatter):
    """Writes a line of the log as JSON, with the id of the request."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line = {"level": record.levelname, "message": record.getMessage()}
        return json.dumps(line | {"request_id": request_id.get()})


handler = logging.StreamHandler()
handler.setFormatter(JsonFormatter())
logger.handlers, logger.level, logger.propagate = [handler], logging.INFO, False


async def observe(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Give a request its id, time it, and say so in the answer, the log and the metrics."""
    request_id.set(request.headers.get("X-Request-ID") or uuid4().hex)
    started = time.perf_counter()
    response = await call_next(request)
    seconds = time.perf_counter() - started
    response.headers["X-Request-ID"] = request_id.get()
    response.headers["X-Process-Time"] = f"{seconds:.6f}"
    route = getattr(request.scope.get("route"), "path", "unknown")
    DURATION.labels(request.method, route, response.status_code).observe(seconds)
    logger.info("%s %s %s", request.method, request.url.path, response.status_code)
    return response


async def read_metrics() -> Response:
    """Return what was measured, for Prometheus."""
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")
