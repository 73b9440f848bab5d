"""Putting each piece in its place; `final/main.py` does so when `ACCELERATION=on`."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from final.acceleration.access_log import log_request as log_fast
from final.acceleration.cached_lists import CachedListShortCircuit
from final.acceleration.garbage import collect_less_often
from final.acceleration.redirects import Redirects, RedirectShortCircuit
from final.acceleration.route_index import RouteIndex
from final.books.router import LISTED as LISTED_BOOKS
from final.books.router import list_books
from final.core.config import Settings
from final.core.observability.logs import is_watched, log_request
from final.core.resources import Resources
from final.core.shared.cache import Tags
from final.links.shortener.router import follow_link
from final.posts.effects import LISTED as LISTED_POSTS
from final.posts.router import list_posts


def accelerate(app: FastAPI) -> None:
    """Put short-circuits before the guards of an app, and an index before its routes."""
    short_circuit_list(app, list_posts, LISTED_POSTS)
    short_circuit_list(app, list_books, LISTED_BOOKS)
    app.add_middleware(RedirectShortCircuit, endpoint=follow_link)
    app.router.middleware_stack = RouteIndex(app.router)


def short_circuit_list(app: FastAPI, endpoint: Callable[..., Any], tags: Tags) -> None:
    """Give out a list from the cache, under every path it has."""
    routes = iter_route_contexts(app.routes)
    paths = [route.path for route in routes if route.path and route.endpoint is endpoint]
    app.add_middleware(CachedListShortCircuit, endpoint=endpoint, tags=tags, paths=paths)


def warm_up(app: FastAPI) -> None:
    """Make what the short-circuits need while the app runs; the start is over."""
    resources: Resources = app.state.resources
    app.state.redirects = Redirects(resources.database, resources.pubsub)
    collect_less_often()


def choose_log(settings: Settings) -> Callable[..., None]:
    """Return what writes the line of a request; for a person who watches, the one with colours."""
    return log_request if is_watched(settings) else log_fast
