"""What links need while the app runs, and what must be right before it starts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from final.core.config import Settings
from final.core.database.engine import Database
from final.core.errors import Unavailable
from final.links.models import Link
from final.links.page_title import PageTitles
from final.links.shortener.clicks import ClickCounter
from final.links.site import Site, reserve


class ShadowedLinksError(RuntimeError):
    """A route has the name of a stored short link."""


@asynccontextmanager
async def links_running(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """Keep count of clicks from start to stop; needs `database` of the state."""
    database: Database = app.state.database
    paths = (getattr(route, "path", "") or "" for route in iter_route_contexts(app.routes))
    app.state.site = Site(settings.base_url, reserve(paths))
    await check_shadowed_links(database, app.state.site.reserved)
    clicks = ClickCounter(database)
    app.state.clicks = clicks
    app.state.page_titles = PageTitles(database)
    async with clicks.running():
        yield
        await app.state.page_titles.close()


async def check_shadowed_links(database: Database, reserved: frozenset[str]) -> None:
    """Stop a start after which a stored short URL would lead to a route in place of its target."""
    query = select(Link.key).where(col(Link.key).in_(reserved)).order_by(col(Link.key))
    try:
        async with database.session() as session:
            keys = (await session.exec(query)).all()
    except (DBAPIError, Unavailable):
        return  # no tables yet, or no database: whoever asks for a link will hear of it
    if keys:
        raise ShadowedLinksError(
            "refusing to start: these short links would be hidden by routes of the same name, "
            f"rename them or the routes: {', '.join(keys)}"
        )
