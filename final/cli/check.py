"""The command that tells whether an installation is in order."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import typer
from aiosmtplib import SMTPException
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import text

from final.core.config import Settings, load_settings
from final.core.database import migrations
from final.core.database.engine import Database
from final.core.errors import AppError
from final.core.mail import mail_server
from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.redis_client import open_redis
from final.core.storage.files import open_files

FREE_BYTES = 500 * 1024 * 1024
SECONDS = 5
PROBE = "posts/check"


class CheckError(Exception):
    """A part of the installation is not in order; the message says how."""


def check() -> None:
    """Look at settings, database, schema, Redis, mail, images and disk; 1 is a fault in one."""
    settings = load_settings()  # ends with a line that says what is wrong with them
    typer.echo("settings   in order")
    results = asyncio.run(check_all(settings))
    for name, problem in results.items():
        typer.echo(f"{name:10} {problem or 'in order'}", err=problem is not None)
    if any(results.values()):
        raise typer.Exit(1)


PROBLEMS = (AppError, SQLAlchemyError, OSError, CheckError, CircuitOpenError, SMTPException)


async def check_all(settings: Settings) -> dict[str, str | None]:
    """Return what is wrong with each part, or None."""
    parts = {
        "database": check_database,
        "schema": check_schema,
        "redis": check_redis,
        "mail": check_mail,
        "images": check_images,
        "disk": check_disk,
    }
    return {name: await find_problem(part, settings) for name, part in parts.items()}


async def find_problem(
    part: Callable[[Settings], Awaitable[None]], settings: Settings
) -> str | None:
    """Return what a check complains of, in one line."""
    try:
        await asyncio.wait_for(part(settings), SECONDS)
    except PROBLEMS as error:
        text = str(getattr(error, "orig", error)) or "cannot be reached"
        return text.splitlines()[0]
    return None


async def check_database(settings: Settings) -> None:
    """Ask the database for a sign of life."""
    database = Database(settings)
    try:
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    finally:
        await database.dispose()


async def check_schema(settings: Settings) -> None:
    """Compare the schema with what this version needs."""
    database = Database(settings)
    try:
        if not await migrations.is_new_enough(database):
            raise CheckError("is older than this version needs: run `migrate`")
    finally:
        await database.dispose()


async def check_redis(settings: Settings) -> None:
    """Ask Redis for a sign of life, where there is to be one."""
    redis = open_redis(settings.redis_url)
    if redis is not None:
        try:
            await redis.call(lambda client: client.ping())
        finally:
            await redis.close()


async def check_mail(settings: Settings) -> None:
    """Greet the mail server, where there is to be one, and sign in."""
    if settings.smtp_host:
        async with mail_server(settings):
            pass


async def check_images(settings: Settings) -> None:
    """Put a file where images are kept, and take it away again."""
    if settings.s3_bucket:  # a folder is made with the first image
        files = open_files(settings)
        await files.put(PROBE, b"")
        await files.remove(PROBE)


async def check_disk(settings: Settings) -> None:
    """Look whether images and a SQLite database have room to grow."""
    for place in (settings.media_dir, settings.sqlite_file):
        if place is not None:
            folder = existing(place)
            if shutil.disk_usage(folder).free < FREE_BYTES:
                raise CheckError(f"{folder} has less than {FREE_BYTES // 1024**2} MiB free")


def existing(path: Path) -> Path:
    """Return the nearest folder that is there."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())
