"""The schema comes from migrations, and they lead up, down and up again."""

from io import StringIO
from pathlib import Path

import anyio
import asyncpg
import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel
from typer.testing import CliRunner

from final.cli import cli
from final.core.config import Settings
from final.core.database.engine import Database
from final.core.database.migrations import alembic_config, is_new_enough, migrate, prepare_schema
from tests.support.server import make_settings
from tests.support.stores import Postgres


def tables(settings: Settings) -> set[str]:
    """List the tables in the database."""

    def read(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    async def run() -> set[str]:
        database = Database(settings)
        async with database.engine.connect() as connection:
            found = await connection.run_sync(read)
        await database.dispose()
        return found

    return anyio.run(run)


def test_up_down_and_up_again(empty_database_url: str) -> None:
    settings = make_settings(empty_database_url)
    config = alembic_config(settings)
    config.stdout = StringIO()
    command.upgrade(config, "head")
    search = ("post_index_", "link_text", "user_link_text", "user_text")
    found = {name for name in tables(settings) if not name.startswith(search)}
    assert found == {"alembic_version", "post_index", *SQLModel.metadata.tables}
    command.check(config)
    command.downgrade(config, "base")
    assert tables(settings) == {"alembic_version"}
    command.upgrade(config, "head")
    command.check(config)


def is_ready(settings: Settings) -> bool:
    """Tell whether the app could work with the schema as it is."""

    async def run() -> bool:
        database = Database(settings)
        try:
            return await is_new_enough(database)
        finally:
            await database.dispose()

    return anyio.run(run)


def test_doing_it_twice_changes_nothing(empty_database_url: str) -> None:
    settings = make_settings(empty_database_url)
    assert not is_ready(settings)
    anyio.run(migrate, settings)
    anyio.run(migrate, settings)
    assert is_ready(settings)


def set_revision(settings: Settings, revision: str) -> None:
    """Let the database say that it has another revision."""

    async def run() -> None:
        database = Database(settings)
        async with database.engine.begin() as connection:
            value = {"revision": revision}
            await connection.execute(
                text("UPDATE alembic_version SET version_num=:revision"), value
            )
        await database.dispose()

    anyio.run(run)


@pytest.mark.parametrize(("revision", "ready"), [("0001", False), ("9999", True)])
def test_a_schema_is_good_enough_when_it_is_newer(
    empty_database_url: str, revision: str, ready: bool
) -> None:
    settings = make_settings(empty_database_url)
    anyio.run(migrate, settings)
    set_revision(settings, revision)
    assert is_ready(settings) is ready


@pytest.mark.stores("sqlite")
def test_production_only_says_what_to_run(
    empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = make_settings(empty_database_url, environment="production", bcrypt_rounds=10)

    async def start() -> None:
        database = Database(settings)
        await prepare_schema(settings, database)
        assert not await is_new_enough(database)
        await database.dispose()

    anyio.run(start)
    assert "run `python -m final.cli migrate`" in caplog.text


@pytest.mark.stores("sqlite")
def test_a_failure_is_one_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newer.db'}"
    settings = make_settings(url)
    anyio.run(migrate, settings)
    set_revision(settings, "9999")
    done = CliRunner().invoke(cli, ["migrate"], env={"DATABASE_URL": url})
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "9999" in done.stderr


def test_who_holds_a_table_is_waited_for_without_holding_up_others(
    postgres: Postgres, empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(empty_postgres)
    command.upgrade(alembic_config(settings), "0004")
    holder = postgres.portal.call(asyncpg.connect, empty_postgres)
    postgres.portal.call(holder.execute, "BEGIN; LOCK TABLE link IN ACCESS EXCLUSIVE MODE")
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        postgres.portal.call(holder.close)

    monkeypatch.setattr("asyncio.sleep", pause)
    command.upgrade(alembic_config(settings), "head")
    assert len(pauses) == 1
    assert is_ready(settings)
