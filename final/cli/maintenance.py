"""Commands that keep an installation in shape: what to throw away, what to keep a copy of."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from final.cli.workshop import fail, workshop
from final.core.config import Settings, load_settings
from final.core.database.engine import utcnow
from final.links.models import LinkClicks
from final.users.models import AuthSession

ClickDays = Annotated[
    int | None,
    typer.Option(min=1, help="Also forget on which days links were followed, this many days ago."),
]


def prune(clicks_older_than: ClickDays = None) -> None:
    """Delete what nobody needs any more: sessions that have expired, old clicks if asked to."""
    for name, count in asyncio.run(prune_all(load_settings(), clicks_older_than)).items():
        typer.echo(f"{name}: {count} deleted")


def backup(file: Annotated[Path, typer.Argument(help="Where to; must not exist.")]) -> None:
    """Copy a SQLite database, while the app runs if it does; for PostgreSQL use pg_dump."""
    source = sqlite_file(load_settings())
    if file.exists():
        fail(f"{file} is there already.")
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(file)) as copy:
        database.backup(copy)
    typer.echo(f"{source} is copied to {file}.")


def restore(file: Annotated[Path, typer.Argument(help="A copy that `backup` made.")]) -> None:
    """Put a copy in the place of a SQLite database; the app must not run."""
    target = sqlite_file(load_settings(), must_exist=False)
    check_copy(file)
    if target.exists():
        close_log(target)
    draft = target.with_name(f"{target.name}.restored")
    with closing(sqlite3.connect(file)) as copy, closing(sqlite3.connect(draft)) as database:
        copy.backup(database)
    os.replace(draft, target)
    typer.echo(f"{target} is what {file} was. Run `migrate` if that was an older version.")


def sqlite_file(settings: Settings, must_exist: bool = True) -> Path:
    """Return the file of the database, or end with a line that says why not."""
    if settings.sqlite_file is None:
        fail("The database is no SQLite file: use pg_dump and pg_restore.")
    if must_exist and not settings.sqlite_file.exists():
        fail(f"{settings.sqlite_file} is not there.")
    return settings.sqlite_file


def check_copy(file: Path) -> None:
    """End with a line that says why a file cannot be restored, if it cannot."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            ((sound,),) = copy.execute("PRAGMA quick_check(1)")
            copy.execute("SELECT version_num FROM alembic_version")
    except sqlite3.Error as error:
        fail(f"{file} is no backup: {error}")
    if sound != "ok":
        fail(f"{file} is damaged: {sound}")


def close_log(file: Path) -> None:
    """Write the rest of the log of a database into it, or end if somebody has it open."""
    try:
        with closing(sqlite3.connect(file, timeout=0)) as database:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            database.rollback()
            database.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        fail(f"{file} is in use: stop the app first.")
    for rest in ("-wal", "-shm"):
        file.with_name(file.name + rest).unlink(missing_ok=True)


async def prune_all(settings: Settings, click_days: int | None) -> dict[str, int]:
    """Delete what is not needed; return how much of each."""
    async with workshop(settings) as (session, _):
        counts = {"sessions": await prune_sessions(session)}
        if click_days:
            counts["days of clicks"] = await prune_clicks(session, click_days)
        return counts


async def prune_sessions(session: AsyncSession) -> int:
    """Delete sign-ins that have expired; those that were ended go with them in time."""
    expired = delete(AuthSession).where(col(AuthSession.expires_at) < utcnow())
    return (await session.exec(expired)).rowcount


async def prune_clicks(session: AsyncSession, days: int) -> int:
    """Forget single days; the total of each link stays."""
    first = utcnow().date() - timedelta(days=days)
    return (await session.exec(delete(LinkClicks).where(col(LinkClicks.day) < first))).rowcount
