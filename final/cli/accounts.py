"""Commands about accounts."""

import asyncio
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.personal_data import BOOKS
from final.cli.workshop import fail, workshop
from final.core.config import Settings, load_settings
from final.core.problems import describe_error
from final.core.resources import resources_open
from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.rate_limiter import RateLimiter
from final.core.shared.redis_client import open_redis
from final.links.personal_data import LINKS
from final.posts.personal_data import POSTS
from final.users.identifiers import normalize_identifier
from final.users.models import Role, User
from final.users.passwords import NewPassword
from final.users.personal_data import service as personal_data
from final.users.queries import find_by_name
from final.users.schemas import UserRegister
from final.users.service import create_user, deactivate_user, ensure_not_personal, replace_password

PRODUCTS = (LINKS, BOOKS, POSTS)
Account = Annotated[str, typer.Argument(help="User name or e-mail address.")]
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


def create_admin(username: Username, email: Email, password: Password) -> None:
    """Create an administrator: the first one, or one more."""
    try:
        data = UserRegister(username=username, email=email, password=password)
    except ValidationError as error:
        fail(describe_error(error, "\n"))
    asyncio.run(add_admin(load_settings(), data))
    typer.echo(f"{username} is an administrator now.")


def reset_password(account: Account, password: Password) -> None:
    """Give an account a new password and end all its sessions."""
    asyncio.run(set_password(load_settings(), account, password))
    typer.echo(f"{account} has a new password, and is signed out everywhere.")


def unlock(account: Account) -> None:
    """Let somebody sign in again at once who has mistyped the password too often."""
    settings = load_settings()
    if settings.redis_url is None:
        fail(
            "Without Redis every worker counts for itself: restart the app, "
            f"or wait {settings.login_window_seconds} seconds."
        )
    count = asyncio.run(forget_failures(settings, account))
    typer.echo(f"{account} may sign in again." if count else f"{account} was not held up.")


def deactivate(account: Account) -> None:
    """Close an account: its content stays, its tokens stop working at once."""
    asyncio.run(close_account(load_settings(), account))
    typer.echo(f"{account} is deactivated.")


def purge_user(
    account: Account,
    yes: Annotated[bool, typer.Option(prompt="Delete all that is stored of this person?")],
) -> None:
    """Delete an account for good: what others have stays, without a name."""
    if not yes:
        fail("Nothing is deleted.")
    asyncio.run(erase_account(load_settings(), account))
    typer.echo(f"{account} is deleted for good.")


async def find_account(session: AsyncSession, name: str) -> User:
    """Load an account by user name or e-mail address, or end with a line that says why not."""
    user = await find_by_name(session, normalize_identifier(name))
    return user or fail(f"Nobody is called {name}.")


async def set_password(settings: Settings, name: str, password: str) -> None:
    """Replace a password by one that could have been chosen at sign-up."""
    async with workshop(settings) as (session, passwords):
        user = await find_account(session, name)
        try:
            TypeAdapter(NewPassword).validate_python(password)
        except ValidationError as error:
            fail(describe_error(error, "\n"))
        ensure_not_personal(user, password)
        await replace_password(session, user, await passwords.hash(password))


async def forget_failures(settings: Settings, name: str) -> int:
    """Delete the counts of failed sign-ins of an account; return how many there were."""
    async with workshop(settings) as (session, _):
        user = await find_account(session, name)
    redis = open_redis(settings.redis_url)
    assert redis is not None
    try:
        return await RateLimiter(redis).forget(f"user {user.id}")
    except CircuitOpenError:
        fail("Redis cannot be reached.")
    finally:
        await redis.close()


async def close_account(settings: Settings, name: str) -> None:
    """Deactivate an account, unless it is the last administrator's."""
    async with workshop(settings) as (session, _):
        user = await find_account(session, name)
        await deactivate_user(session, user, user.id)


async def erase_account(settings: Settings, name: str) -> None:
    """Delete all that is stored of a person, unless it is the last administrator."""
    async with workshop(settings) as (session, _), resources_open(settings) as resources:
        user = await find_account(session, name)
        await personal_data.purge_user(session, resources, PRODUCTS, user, user.id)


async def add_admin(settings: Settings, data: UserRegister) -> None:
    """Store an administrator."""
    async with workshop(settings) as (session, passwords):
        admin = await create_user(session, passwords, data, Role.ADMIN)
        admin.email_verified = True  # by whoever runs this installation
        session.add(admin)
