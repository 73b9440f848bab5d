"""Commands about the database and what is in it."""

import asyncio
import secrets
from typing import Annotated

import typer
from alembic.util import CommandError as AlembicError
from sqlalchemy.exc import SQLAlchemyError

from final.books.demo import add_library
from final.cli.workshop import fail, workshop
from final.core.config import Settings, load_settings
from final.core.database import migrations
from final.core.errors import AppError
from final.links.addresses.site import Site
from final.links.demo import add_links
from final.posts.demo import add_posts
from final.posts.finding import search
from final.users.demo import add_users


def migrate() -> None:
    """Bring the database schema up to date."""
    try:
        asyncio.run(migrations.migrate(load_settings()))
    except (AlembicError, SQLAlchemyError, AppError, OSError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        fail(f"The database schema is as it was: {reason}")
    typer.echo("The database schema is up to date.")


def reindex() -> None:
    """Build the search index of the posts anew; the app may go on meanwhile."""
    count = asyncio.run(rebuild_index(load_settings()))
    typer.echo(f"Posts in the search index: {count}.")


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


async def rebuild_index(settings: Settings) -> int:
    """Index all published posts; return how many there are."""
    async with workshop(settings) as (session, _):
        return await search.reindex(session)


async def add_samples(settings: Settings, password: str) -> list[str]:
    """Let every product add its samples; return the accounts by name, administrators marked."""
    async with workshop(settings) as (session, passwords):
        users = await add_users(session, passwords, password)
        await add_library(session, users)
        await add_links(session, Site(settings.base_url, frozenset()), users)
        await add_posts(session, users)
        return [f"{user.username}{' (administrator)' * user.is_admin}" for user in users]
