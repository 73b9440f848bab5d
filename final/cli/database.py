"""Commands about the database and what is in it."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Annotated, Any

import typer
from alembic.util import CommandError as AlembicError
from sqlalchemy.exc import SQLAlchemyError

from final.books.demo import add_library
from final.books.models import Book
from final.books.queries import CASEFOLDED
from final.books.service import with_keys
from final.cli.workshop import fail, workshop
from final.core.config import Settings, load_settings
from final.core.database import migrations
from final.core.database.text_search import renew_forms
from final.core.errors import AppError
from final.links.addresses.site import Site
from final.links.demo import add_links
from final.links.models import Link, UserLink, search_text_of
from final.posts.demo import add_posts
from final.posts.finding import search
from final.users.demo import add_users
from final.users.models import User
from final.users.service import keys_of

# What is stored of each of these for searches alone.
SEARCHED: dict[Any, Callable[[Any], dict[str, Any]]] = {
    User: keys_of,
    Link: lambda link: {"search_text": search_text_of(link)},
    UserLink: lambda entry: {"search_text": search_text_of(entry)},
    Book: lambda book: with_keys({name: getattr(book, name) for name in CASEFOLDED}),
}


def migrate() -> None:
    """Bring the database schema up to date."""
    try:
        asyncio.run(migrations.migrate(load_settings()))
    except (AlembicError, SQLAlchemyError, AppError, OSError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        fail(f"The database schema is as it was: {reason}")
    typer.echo("The database schema is up to date.")


def reindex() -> None:
    """Build anew what searches look into; the app may go on meanwhile."""
    count, renewed = asyncio.run(rebuild_index(load_settings()))
    typer.echo(f"Posts in the search index: {count}.")
    typer.echo(f"Accounts, links and books that are found by other words now: {renewed}.")


def demo(
    password: Annotated[str, typer.Option(help="The password of every sample account.")] = "",
) -> None:
    """Fill the database with sample data to try /docs with; what is there already stays."""
    settings = load_settings()
    if settings.is_production:
        fail("Sample accounts have no place in production.")
    password = password or secrets.token_urlsafe(9)
    names = asyncio.run(add_samples(settings, password))
    if names:
        typer.echo(f"Added {', '.join(names)}.")
        typer.echo(f"Everybody's password: {password}")
    else:
        typer.echo("The sample accounts are there already.")


async def rebuild_index(settings: Settings) -> tuple[int, int]:
    """Index all published posts, and count them; count what else was not as it should be."""
    async with workshop(settings) as (session, _):
        count, renewed = await search.reindex(session), 0
        for model, forms_of in SEARCHED.items():
            renewed += await renew_forms(session, model, forms_of)
        return count, renewed


async def add_samples(settings: Settings, password: str) -> list[str]:
    """Let every product add its samples; return the accounts by name, administrators marked."""
    async with workshop(settings) as (session, passwords):
        users = await add_users(session, passwords, password)
        await add_library(session, users)
        await add_links(session, Site(settings.base_url, frozenset()), users)
        await add_posts(session, users)
        return [f"{user.username}{' (administrator)' * user.is_admin}" for user in users]
