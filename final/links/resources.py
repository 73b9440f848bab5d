"""What links need while the app runs, and what must be right before it starts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from starlette.requests import HTTPConnection

from final.core.database.engine import Database
from final.core.errors import Unavailable
from final.core.resources import Resources
from final.core.shared.pubsub import PubSub
from final.links.addresses.site import Site, reserve
from final.links.checking.checker import LinkChecker
from final.links.page_titles.fetcher import PageTitles
from final.links.shortener.clicks import ClickCounter
from final.links.shortener.queries import find_keys


class ShadowedLinksError(RuntimeError):
    """A route has the name of a stored short link."""


@dataclass(frozen=True)
class LinkResources:
    """What the routes of links have in common."""

    database: Database
    pubsub: PubSub
    site: Site
    clicks: ClickCounter
    page_titles: PageTitles
    checker: LinkChecker


def links_of(connection: HTTPConnection) -> LinkResources:
    """Return them of the app that serves a request."""
    resources: LinkResources = connection.app.state.links
    return resources


@asynccontextmanager
async def links_running(app: FastAPI, resources: Resources) -> AsyncIterator[LinkResources]:
    """Keep count of clicks, and fetch titles, for as long as the block lasts."""
    database = resources.database
    paths = (getattr(route, "path", "") or "" for route in iter_route_contexts(app.routes))
    site = Site(resources.settings.base_url, reserve(paths))
    await check_shadowed_links(database, site.reserved)
    clicks, titles = ClickCounter(database, not resources.settings.read_only), PageTitles(database)
    checker = LinkChecker(database)
    checking = nullcontext() if resources.settings.read_only else checker.running()
    async with clicks.running(), checking:
        yield LinkResources(database, resources.pubsub, site, clicks, titles, checker)
        await titles.close()


async def check_shadowed_links(database: Database, reserved: frozenset[str]) -> None:
    """Stop a start after which a stored short URL would lead to a route in place of its target."""
    try:
        async with database.session() as session:
            keys = await find_keys(session, among=reserved)
    except (DBAPIError, Unavailable):
        return  # no tables yet, or no database: whoever asks for a link will hear of it
    if keys:
        raise ShadowedLinksError(
            "refusing to start: these short links would be hidden by routes of the same name, "
            f"rename them or the routes: {', '.join(keys)}"
        )
