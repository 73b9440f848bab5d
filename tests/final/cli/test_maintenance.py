"""Commands that keep an installation in shape."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import jwt
import pytest
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.engine import utcnow
from final.core.tokens import Tokens
from final.links.models import LinkClicks
from final.users.models import AuthSession
from tests.support.cli import run
from tests.support.server import SECRET, Server, make_settings


class TestPrune:
    def test_deletes_expired_sessions_only(self, server: Server) -> None:
        ada = server.join("ada")
        server.join("grace")

        async def expire(session: AsyncSession) -> None:
            past = utcnow() - timedelta(days=1)
            query = update(AuthSession).where(col(AuthSession.user_id) != ada.id)
            await session.exec(query.values(expires_at=past))

        server.in_session(expire)
        assert run("prune").output == "sessions: 1 deleted\n"
        assert server.client.get("/users/me", headers=ada.headers).status_code == 200

    def test_forgets_old_days_and_keeps_totals(self, server: Server) -> None:
        ada = server.join("ada")
        body = {"title": "Title", "url": "https://example.com/"}
        link = server.client.post("/links", json=body, headers=ada.headers).json()

        async def follow(session: AsyncSession) -> None:
            for days in (0, 40):
                day = utcnow().date() - timedelta(days=days)
                session.add(LinkClicks(link_id=link["id"], day=day, clicks=1))

        async def days(session: AsyncSession) -> list[date]:
            return list((await session.exec(select(col(LinkClicks.day)))).all())

        server.in_session(follow)
        assert "days of clicks: 1 deleted" in run("prune", "--clicks-older-than", "30").output
        assert len(server.in_session(days)) == 1


def who_is_active(file: Path) -> set[str]:
    """Read the names of the active accounts from a database."""
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT username FROM user WHERE is_active")
        return {name for (name,) in rows}


@pytest.mark.stores("sqlite")
class TestBackup:
    def test_is_made_beside_a_running_app_and_never_over_another(
        self, server: Server, tmp_path: Path
    ) -> None:
        server.register("ada")
        copy = tmp_path / "copy.db"
        assert run("backup", str(copy)).exit_code == 0
        server.register("grace")
        assert run("backup", str(copy)).exit_code == 1
        assert who_is_active(copy) == {"ada"}

    def test_is_not_restored_under_a_running_app(self, server: Server, tmp_path: Path) -> None:
        copy = str(tmp_path / "copy.db")
        run("backup", copy)
        result = run("restore", copy)
        assert (result.exit_code, "in use" in result.output) == (1, True)

    def test_is_restored_while_nobody_runs(self, empty_database_url: str, tmp_path: Path) -> None:
        run("demo")
        file, copy = Path(empty_database_url.removeprefix("sqlite:///")), tmp_path / "copy.db"
        run("backup", str(copy))
        run("deactivate", "grace")
        assert "grace" not in who_is_active(file)
        result = run("restore", str(copy))
        assert result.exit_code == 0, result.output
        assert "grace" in who_is_active(file)

    def test_takes_no_other_file(self, tmp_path: Path) -> None:
        other = tmp_path / "other.db"
        other.write_bytes(b"no database at all" * 100)
        result = run("restore", str(other))
        assert (result.exit_code, "is no backup" in result.output) == (1, True)


@pytest.mark.stores("postgresql", "postgresql+valkey")
def test_a_backup_of_postgresql_is_left_to_its_own_programs(tmp_path: Path) -> None:
    result = run("backup", str(tmp_path / "copy.db"))
    assert (result.exit_code, "pg_dump" in result.output) == (1, True)


class TestCheck:
    def test_finds_everything_in_order(self) -> None:
        run("migrate")
        result = run("check")
        assert result.exit_code == 0, result.output
        assert [line.split()[0] for line in result.output.splitlines()] == [
            "settings",
            "database",
            "schema",
            "redis",
            "mail",
            "images",
            "disk",
        ]

    def test_finds_what_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
        result = run("check")
        assert result.exit_code == 1
        assert "run `migrate`" in result.output
        assert "redis      cannot be reached" in result.output


@pytest.mark.stores("sqlite")
class TestRotateKey:
    def test_keeps_tokens_of_the_key_before(self) -> None:
        old = Tokens(make_settings("sqlite://")).sign("access", 1, 1, "x", utcnow())
        lines = dict(
            line.split("=") for line in run("rotate-key").output.splitlines() if "=" in line
        )
        settings = make_settings(
            "sqlite://",
            jwt_secret_key=lines["JWT_SECRET_KEY"],
            jwt_secret_key_previous=lines["JWT_SECRET_KEY_PREVIOUS"],
        )
        tokens = Tokens(settings)
        assert tokens.read(old, "access") is not None
        new = tokens.sign("access", 1, 1, "x", utcnow())
        assert Tokens(make_settings("sqlite://")).read(new, "access") is None
        forged = jwt.encode({}, SECRET + "!", "HS256")
        assert tokens.read(forged, "access") is None

    def test_works_on_the_file_that_development_made(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "key"
        monkeypatch.delenv("JWT_SECRET_KEY")
        monkeypatch.setenv("JWT_KEY_FILE", str(file))
        settings = make_settings("sqlite://", jwt_secret_key=None, jwt_key_file=file)
        old = Tokens(settings).sign("access", 1, 1, "x", utcnow())
        for _ in range(2):
            assert run("rotate-key").exit_code == 0
            assert file.stat().st_mode & 0o077 == 0
        keys = file.read_text().split()
        assert len(set(keys)) == 3
        assert Tokens(settings).read(old, "access") is not None
