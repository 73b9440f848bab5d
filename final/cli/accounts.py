"""Commands about accounts."""

import asyncio
from typing import Annotated

import typer
from pydantic import ValidationError

from final.cli.workshop import workshop
from final.core.config import Settings, load_settings
from final.users.models import Role
from final.users.schemas import UserRegister
from final.users.service import create_user

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
        for problem in error.errors(include_url=False, include_input=False):
            message = problem["msg"].removeprefix("Value error, ")
            typer.echo(f"{'.'.join(map(str, problem['loc']))}: {message}", err=True)
        raise typer.Exit(1) from None
    asyncio.run(add_admin(load_settings(), data))
    typer.echo(f"{username} is an administrator now.")


async def add_admin(settings: Settings, data: UserRegister) -> None:
    """Store an administrator."""
    async with workshop(settings) as (session, passwords):
        await create_user(session, passwords, data, Role.ADMIN)
