"""Traces by OpenTelemetry: requests, and below each its queries, Redis commands and HTTP calls.

FastAPI makes the spans of requests itself and sends them to `OTEL_EXPORTER_OTLP_ENDPOINT`; here is
what it cannot know. Without that variable nothing of this is even imported.
"""

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import context, propagate, trace
from opentelemetry.propagators.textmap import TextMapPropagator
from sqlalchemy.ext.asyncio import AsyncEngine

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
# Asked every few seconds by machines.
DULL = frozenset({"/metrics", "/health", "/health/ready"})

# Spans only: Prometheus has the numbers, and a log of exceptions could repeat what was typed.
TELEMETRY: TelemetryConfig = {
    "auto_configure": True,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "exclude": lambda scope: scope["path"] in DULL,
}


def is_tracing() -> bool:
    """Tell whether somebody wants to have traces."""
    return any(os.environ.get(name) for name in ENDPOINTS)


def trace_libraries(engine: AsyncEngine) -> None:
    """Make spans of what this engine, Redis clients and HTTP clients do; values are left out."""
    if not is_tracing():
        return
    keep_to_ourselves()
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    # It works on SQLAlchemy 2.1 but does not say so yet.
    SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine, skip_dep_check=True)
    RedisInstrumentor().instrument()
    HTTPXClientInstrumentor().instrument()


def keep_to_ourselves() -> None:
    """Leave what people typed out of spans, and our trace ids out of requests to strangers."""
    from opentelemetry.sdk.trace import TracerProvider

    from final.core.observability.discretion import Discretion

    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider) and not isinstance(
        propagate.get_global_textmap(), OnlyInward
    ):
        provider.add_span_processor(Discretion())
        propagate.set_global_textmap(OnlyInward(propagate.get_global_textmap()))


class OnlyInward(TextMapPropagator):
    """Continues traces that come in, and tells nobody outside of ours."""

    def __init__(self, original: TextMapPropagator) -> None:
        """Read as the operator has chosen."""
        self.original = original

    def extract(self, *args: Any, **kwargs: Any) -> context.Context:
        """Return what came in."""
        return self.original.extract(*args, **kwargs)

    def inject(self, *_args: Any, **_kwargs: Any) -> None:
        """Add nothing."""

    @property
    def fields(self) -> set[str]:
        """Name no header."""
        return set()


@contextmanager
def untraced() -> Iterator[None]:
    """Make no spans of what machines do among themselves every moment."""
    token = context.attach(context.set_value("suppress_instrumentation", True))
    try:
        yield
    finally:
        context.detach(token)


def add_trace_id(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Name the trace a log line belongs to."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
    return event
