"""The schema comes from migrations, and they lead up, down and up again."""

from io import StringIO
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import pytest
from alembic import command
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel
from typer.testing import CliRunner

from final.books.models import Book, ReadingStatus, UserBook
from final.cli import cli
from final.core.config import Settings
from final.core.database.engine import Database, utcnow
from final.core.database.lease import Lease
from final.core.database.migrations import alembic_config, is_new_enough, migrate, prepare_schema
from final.core.text.search import search_form
from final.links.models import Link, LinkCheck, LinkClicks, UserLink, UserLinkTag
from final.main import create_app
from final.posts.models import Post, PostSlug, PostTag, PostTagging
from final.users.models import AccessToken, AuthSession, MailToken, User
from tests.support.books import ORWELL
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
    search = ("post_index_", "link_text", "user_link_text", "user_text", "book_text")
    found = {name for name in tables(settings) if not name.startswith(search)}
    assert found == {"alembic_version", "post_index", *SQLModel.metadata.tables}
    command.check(config)
    command.downgrade(config, "base")
    assert tables(settings) == {"alembic_version"}
    command.upgrade(config, "head")
    command.check(config)


# What an older schema has no room for is gone, or as it is for what is new.
GONE = {"access_token", "mail_token", "link_check", "lease"}
FORGOTTEN: dict[str, dict[str, Any]] = {
    "user": {"email_verified": False},
    "user_link": {"is_private": False},
    "link": {
        "is_public": True,
        "forward_query": False,
        "last_checked_at": None,
        "last_status": None,
    },
}


def a_bit_of_everything() -> list[SQLModel]:
    """Describe rows for every table, with something in each column that came late."""
    now = utcnow()
    user: Any = {
        "username": "Zoé",
        "username_key": "zoé",
        "email": "z@x.org",
        "email_key": "z@x.org",
    }
    about: Any = {"user_id": 1, "token_hash": "-", "expires_at": now}
    link: Any = {"url": "https://x.org/caf%C3%A9", "url_hash": "-", "key": "x", "title": "Café"}
    checked: Any = {"last_checked_at": now, "last_status": 404, "forward_query": True}
    keys = {f"{name}_key": search_form(str(ORWELL[name])) for name in ("title", "author", "genre")}
    return [
        User(**user, hashed_password="-", email_verified=True, search_text=search_form("Zoé")),
        AuthSession(user_id=1, refresh_jti="-", expires_at=now),
        AccessToken(**about, name="Script"),
        MailToken(**about, purpose="reset"),
        Link(**link, **checked, user_id=1, is_public=False),
        UserLink(user_id=1, link_id=1, title="Élan", is_private=True),
        UserLinkTag(user_link_id=1, name="tag"),
        LinkCheck(user_id=1),
        LinkClicks(link_id=1, day=now.date(), clicks=3),
        Lease(name="work", holder="-", held_until=now),
        Book.model_validate(ORWELL | keys),
        UserBook(user_id=1, book_id=1, status=ReadingStatus.COMPLETED, rating=5),
        Post(title="New", slug="new", content="-", published=True, author_id=1, published_at=now),
        PostSlug(slug="new", post_id=1),
        PostSlug(slug="old", post_id=1),
        PostTag(name="tag"),
        PostTagging(post_id=1, tag_id=1),
    ]


def everything(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables that there are."""

    async def run() -> dict[str, list[dict[str, Any]]]:
        database = Database(settings)
        async with database.engine.connect() as connection:
            there = await connection.run_sync(lambda it: inspect(it).get_table_names())
            found = {
                name: (await connection.execute(text(f'SELECT * FROM "{name}"'))).mappings().all()
                for name in SQLModel.metadata.tables
                if name in there
            }
        await database.dispose()
        return {name: [dict(row) for row in rows] for name, rows in found.items()}

    return anyio.run(run)


def fill(settings: Settings) -> None:
    """Store a bit of everything."""

    async def run() -> None:
        database = Database(settings)
        async with database.transaction() as session:
            for row in a_bit_of_everything():
                session.add(row)
                await session.flush()
        await database.dispose()

    anyio.run(run)


def test_what_is_stored_survives_the_way_down_and_up(empty_database_url: str) -> None:
    settings = make_settings(empty_database_url)
    config = alembic_config(settings)
    command.upgrade(config, "head")
    fill(settings)
    before = everything(settings)
    assert all(before.values())
    command.downgrade(config, "0005")
    for name, rows in everything(settings).items():
        kept = [{column: row[column] for column in rows[0]} for row in before[name]]
        assert rows == kept, name
    command.upgrade(config, "head")
    expected = {
        name: [] if name in GONE else [row | FORGOTTEN.get(name, {}) for row in rows]
        for name, rows in before.items()
    }
    expected["post_slug"] = [row for row in before["post_slug"] if row["slug"] == "new"]
    assert everything(settings) == expected
    command.downgrade(config, "base")
    assert everything(settings) == {}


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


def test_a_newer_schema_is_left_alone(empty_database_url: str) -> None:
    settings = make_settings(empty_database_url)
    anyio.run(migrate, settings)
    set_revision(settings, "9999")
    with TestClient(create_app(settings)) as client:
        assert client.get("/health/ready").status_code == 200
        assert client.get("/users").json() == []


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
