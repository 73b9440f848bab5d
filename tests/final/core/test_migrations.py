"""The schema comes from migrations, and they lead up, down and up again."""

from io import StringIO

import anyio
from alembic import command
from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from final.core.config import Settings
from final.core.database.engine import Database
from final.core.database.migrations import alembic_config, is_current, migrate
from tests.support.server import make_settings


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
    search = ("post_index_", "link_text", "user_link_text")
    found = {name for name in tables(settings) if not name.startswith(search)}
    assert found == {"alembic_version", "post_index", *SQLModel.metadata.tables}
    command.check(config)
    command.downgrade(config, "base")
    assert tables(settings) == {"alembic_version"}
    command.upgrade(config, "head")
    command.check(config)


def test_doing_it_twice_changes_nothing(empty_database_url: str) -> None:
    settings = make_settings(empty_database_url)
    assert not anyio.run(is_current, settings)
    anyio.run(migrate, settings)
    anyio.run(migrate, settings)
    assert anyio.run(is_current, settings)
