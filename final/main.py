"""Where the app is put together: settings, lifespan, routers, errors, middleware."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.routing import Mount

from final.acceleration import install as acceleration
from final.acceleration import sqlite_driver
from final.books import router as books_router
from final.books.library import router as library_router
from final.books.library.csv_files import router as library_csv_router
from final.books.personal_data import BOOKS
from final.core.config import Settings, load_settings
from final.core.http import health, welcome
from final.core.http.error_handlers import add_error_handlers
from final.core.http.middleware.draining import Draining, DrainingMiddleware
from final.core.http.middleware.root_path import RootPathMiddleware
from final.core.http.middleware.stack import add_guards, add_observation
from final.core.http.openapi import SERVERS, complete_openapi
from final.core.observability import metrics
from final.core.observability.logs import configure_logging, log_request
from final.core.observability.saturation import sampled
from final.core.observability.tracing import TELEMETRY
from final.core.resources import resources_open
from final.links import router as links_router
from final.links.bookmark_files import router as bookmarks_router
from final.links.checking import router as links_checking_router
from final.links.personal_data import CHECKS, LINKS
from final.links.resources import links_running
from final.links.shortener import batch_upload
from final.links.shortener import router as shortener_router
from final.links.tags import router as link_tags_router
from final.posts import router as posts_router
from final.posts.live import router as live_router
from final.posts.personal_data import POSTS
from final.users import router as users_router
from final.users.access_tokens import router as access_tokens_router
from final.users.auth import router as auth_router
from final.users.auth import token_router
from final.users.mail import page_router as mail_page_router
from final.users.mail import router as mail_router
from final.users.personal_data import router as personal_data_router

DESCRIPTION = """
Sign up, sign in with **Authorize**, then try everything right here.
A name or an e-mail address both work as user name.

Writing has a limit, by account or address: the `X-RateLimit-*` headers of each answer say how much
is left of it, and an answer of 429 says in `Retry-After` how many seconds to wait.
"""
TAGS = [
    {"name": "Auth", "description": "Sign up, sign in, stay signed in, sign out."},
    {"name": "Users", "description": "Accounts and profiles; administrators see and change more."},
    {"name": "Books", "description": "The catalogue, and what readers think of it."},
    {"name": "My library", "description": "One's own shelf: status, progress, rating, review."},
    {"name": "Links", "description": "Save links, find them again, take them along."},
    {"name": "Short links", "description": "Shorten, follow, look before following."},
    {
        "name": "Posts",
        "description": "Articles with tags, drafts, search, images and export. "
        "The WebSocket `/ws` announces each new one.",
    },
    {"name": "Service", "description": "Is it alive, and can it work?"},
]

# What the products store of people, for their export and their deletion.
PERSONAL_DATA = (LINKS, CHECKS, BOOKS, POSTS)
# A request goes to the first that has a route for it.
ROUTERS = (
    welcome.router,
    health.router,
    metrics.router,
    token_router.router,
    auth_router.router,
    access_tokens_router.router,
    mail_router.router,
    mail_page_router.router,
    personal_data_router.router,
    users_router.router,
    books_router.router,
    library_csv_router.router,
    library_router.router,
    bookmarks_router.router,
    link_tags_router.router,
    links_checking_router.router,
    links_router.router,
    shortener_router.router,
    batch_upload.router,
    posts_router.router,
    live_router.router,
    shortener_router.key_router,  # takes any word: must stay the last
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build an app of its own; many may live side by side in one process."""
    settings = settings or load_settings()
    app = FastAPIOffline(
        title="LinkHub",
        version="1.0.0",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        servers=SERVERS,
        lifespan=partial(lifespan, settings),
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        telemetry=TELEMETRY,
    )
    for router in ROUTERS:
        app.include_router(router)
    complete_openapi(app)
    add_error_handlers(app)
    add_guards(app, settings, throttled=auth_router.THROTTLED)
    if settings.acceleration:
        acceleration.accelerate(app)
    log = acceleration.choose_log(settings) if settings.acceleration else log_request
    add_observation(app, settings, log)
    app.state.personal_data = PERSONAL_DATA
    app.state.draining = Draining(settings.drain_seconds)
    app.add_middleware(DrainingMiddleware, draining=app.state.draining)
    mounts = [route.path for route in app.routes if isinstance(route, Mount)]
    app.add_middleware(RootPathMiddleware, mounts=mounts)
    return app


def operation_id(route: APIRoute) -> str:
    """Name an operation after its function, for readable generated clients."""
    return route.name


@asynccontextmanager
async def lifespan(settings: Settings, app: FastAPI) -> AsyncIterator[None]:
    """Lend the resources from the first request to the last."""
    configure_logging(settings)
    connect = sqlite_driver.connect if settings.acceleration else None
    async with (
        resources_open(settings, connect) as app.state.resources,
        links_running(app, app.state.resources) as app.state.links,
        sampled(app.state.resources.database.engine, app.version),
    ):
        if settings.acceleration:
            acceleration.warm_up(app)
        app.state.draining.listen()
        yield


SETTINGS = load_settings()
configure_logging(SETTINGS)  # the server speaks before the lifespan begins
app = create_app(SETTINGS)
