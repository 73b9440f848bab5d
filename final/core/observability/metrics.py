"""Numbers for Prometheus: what is asked, how long it takes, what happens.

The metrics belong to the process: several apps in one process share them. Several workers share
them through files in `PROMETHEUS_MULTIPROC_DIR`, which `gunicorn.conf.py` takes care of.
"""

import os
from collections import defaultdict
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.routing import RouteContext, iter_route_contexts
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import Scope

router = APIRouter(tags=["Service"])

# A series of its own for each series, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]
REQUESTS = Counter("http_requests", "Answers given.", ["method", "route", "status"])
DURATION = Histogram(
    "http_request_duration_seconds",
    "Time from the request to the last byte of its answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_PROGRESS = Gauge(
    "http_requests_in_progress", "Requests being answered.", multiprocess_mode="livesum"
)
EVENTS = Counter("linkhub_events", "What was logged: sign-ins, refusals, faults.", ["event"])
# Alerts wait for these. They begin at 0, for Prometheus sees no increase in a series' first value.
for awaited in (
    "after-commit effect failed",
    "background task failed",
    "clicks not written yet",
    "database unavailable",
    "login failed",
    "refresh token reused",
    "service away",
    "storage unavailable",
    "unhandled error",
):
    EVENTS.labels(awaited)

# Clients may invent methods and paths; labels must not grow with them.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"

Templates: TypeAlias = dict[Any, list[RouteContext]]


class RouteMetrics:
    """Counts and times requests under the template of their route."""

    def __init__(self) -> None:
        """Begin; the routes are looked up at the first request, when all are known."""
        self.templates: Templates | None = None

    def observe(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """Count an answer; the scope knows the endpoint by now, if there was one."""
        requests, duration = series(
            method if method in METHODS else "other", self.template(scope), status
        )
        requests.inc()
        duration.observe(seconds)

    def template(self, scope: Scope) -> str:
        """Return the whole template of the route that answered.

        `scope["route"]` knows only its own part of the path, without the prefixes it is included
        under; one endpoint may be included under several.
        """
        if self.templates is None:
            self.templates = find_templates(scope["app"])
        routes = self.templates.get(scope.get("endpoint"), [])
        for route in routes:
            if len(routes) == 1 or route.path_regex.match(scope["path"]):
                return route.path or UNMATCHED
        return UNMATCHED


@cache
def series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return the series of such an answer; looking them up each time costs more than counting."""
    return REQUESTS.labels(method, route, status), DURATION.labels(method, route)


def find_templates(app: FastAPI) -> Templates:
    """Collect the routes of every endpoint."""
    templates: Templates = defaultdict(list)
    for route in iter_route_contexts(app.routes):
        # A mounted app is the endpoint of all that is below it.
        templates[route.endpoint or getattr(route.original_route, "app", None)].append(route)
    return dict(templates)


def count_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Any:
    """Count a log line by what it says: our own events are fixed words; requests count apart."""
    if event["event"] != "request":
        EVENTS.labels(event["event"]).inc()
    return event


class WorkersCollector(MultiProcessCollector):
    """Adds up the files of all workers.

    A file is empty for a moment after its worker has opened it, for ever if the worker is killed
    then, and the library answers such a file with an error (prometheus/client_python#1199).
    """

    def collect(self) -> Any:
        """Return the sums over every file in which there is something."""
        files = Path(self._path).glob("*.db")
        return self.merge([str(file) for file in files if is_filled(file)])  # type: ignore[no-untyped-call]


def is_filled(file: Path) -> bool:
    """Tell whether something is in a file; it may have been deleted since it was listed."""
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False


def registry() -> CollectorRegistry:
    """Return the metrics of this process, or those of all workers where they share them."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    WorkersCollector(shared)  # type: ignore[no-untyped-call]
    return shared


@router.get("/metrics", response_class=PlainTextResponse)
def read_metrics() -> PlainTextResponse:
    """Return the metrics for Prometheus; a proxy should keep them from the public."""
    return PlainTextResponse(generate_latest(registry()), media_type=CONTENT_TYPE_LATEST)
