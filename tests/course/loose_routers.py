"""Routers that a learner has written and not included: their routes answer 404."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

from fastapi import APIRouter

from tests.course.places import Place, place_of_function


class LooseRoute(TypedDict):
    """A route that nobody can reach, and the function that would answer."""

    methods: list[str]
    path: str
    place: Place | None


def endpoints(routes: list[Any]) -> Iterator[Any]:
    """Yield the functions that answer, those of included routers as well."""
    for route in routes:
        if hasattr(route, "endpoint"):
            yield route.endpoint
        inner = getattr(route, "original_router", route)
        if inner is not route or not hasattr(route, "endpoint"):
            yield from endpoints(getattr(inner, "routes", None) or [])


def routers_in(folder: Path) -> Iterator[APIRouter]:
    """Yield the routers in the modules of a folder."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder):
            yield from (value for value in vars(module).values() if isinstance(value, APIRouter))


def find_loose_routes(app: Any, folder: Path) -> list[LooseRoute]:
    """List the routes of routers that the app does not include."""
    reached = set(endpoints(getattr(app, "routes", [])))
    found: dict[Any, LooseRoute] = {}
    for router in routers_in(folder):
        for route in router.routes:
            endpoint, methods = getattr(route, "endpoint", None), getattr(route, "methods", None)
            if endpoint and methods and endpoint not in reached:
                place = place_of_function(endpoint, folder)
                path = getattr(route, "path", "")
                found[endpoint] = {"methods": sorted(methods), "path": path, "place": place}
    return list(found.values())
