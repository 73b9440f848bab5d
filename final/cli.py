"""The command line: `python -m final.cli create-admin | migrate | reindex | demo`."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from alembic.util import CommandError as AlembicError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.demo import add_library
from final.core.config import Settings, load_settings
from final.core.database import migrations
from final.core.database.engine import Database
from final.core.errors import AppError
from final.core.observability.logs import configure_logging
from final.core.passwords import Passwords
from final.links.demo import add_links
from final.links.site import Site
from final.posts import search
from final.posts.demo import add_posts
from final.users.demo import add_users
from final.users.models import Role
from final.users.schemas import UserRegister
from final.users.service import create_user

cli = typer.Typer(help="Manage a LinkHub installation.", no_args_is_help=True)

Username = Annotated[str, typer.Option(prompt=True, envvar="ADMIN_USERNAME", help="Sign-in name.")]
Email = Annotated[str, typer.Option(prompt=True, envvar="ADMIN_EMAIL", help="E-mail address.")]
Password = Annotated[
    str,
    typer.Option(
        prompt=True,
        hide_input=True,
        confirmation_prompt=True,
        envvar="ADMIN_PASSWORD",
        help="Better typed at the prompt or set in the environment than given here.",
    ),
]


@cli.command()
def create_admin(username: Username, email: Email, password: Password) -> None:
    """Create an administrator: the first one, or one more."""
    try:
        data = UserRegister(username=username, email=email, password=password)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            message = problem["msg"].removeprefix("Value error, ")
            typer.echo(f"{'.'.join(map(str, problem['loc']))}: {message}", err=True)
        raise typer.Exit(1) from None
    asyncio.run(add_admin(load_settings(), data))
    typer.echo(f"{username} is an administrator now.")


@cli.command()
def migrate() -> None:
    """Bring the database schema up to date."""
    try:
        asyncio.run(migrations.migrate(load_settings()))
    except (AlembicError, SQLAlchemyError, AppError, OSError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        typer.echo(f"The database schema is as it was: {reason}", err=True)
        raise typer.Exit(1) from None
    typer.echo("The database schema is up to date.")


@cli.command()
def reindex() -> None:
    """Build the search index of the posts anew; the app may go on meanwhile."""
    count = asyncio.run(rebuild_index(load_settings()))
    typer.echo(f"Posts in the search index: {count}.")


@cli.command()
def demo(
    password: Annotated[str, typer.Option(help="The password of every sample account.")] = "",
) -> None:
    """Fill the database with sample data to try /docs with; what is there already stays."""
    settings = load_settings()
    if settings.is_production:
        typer.echo("Sample accounts have no place in production.", err=True)
        raise typer.Exit(1)
    password = password or secrets.token_urlsafe(9)
    names = asyncio.run(add_samples(settings, password))
    if names:
        typer.echo(f"Added {', '.join(names)}.")
        typer.echo(f"Everybody's password: {password}")
    else:
        typer.echo("The sample accounts are there already.")


@asynccontextmanager
async def workshop(settings: Settings) -> AsyncIterator[tuple[AsyncSession, Passwords]]:
    """Lend a session on an up-to-date schema, and a password hasher."""
    configure_logging(settings.model_copy(update={"log_level": "WARNING"}))
    database, passwords = Database(settings), Passwords(settings.bcrypt_rounds)
    try:
        if not settings.is_production:
            await migrations.migrate(settings)
        elif not await migrations.is_new_enough(database):
            typer.echo("The database schema is not up to date: run `migrate` first.", err=True)
            raise typer.Exit(1)
        async with database.transaction() as session:
            yield session, passwords
    except AppError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from None
    finally:
        passwords.close()
        await database.dispose()


async def add_admin(settings: Settings, data: UserRegister) -> None:
    """Store an administrator."""
    async with workshop(settings) as (session, passwords):
        await create_user(session, passwords, data, Role.ADMIN)


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


if __name__ == "__main__":
    cli()
