"""Step 4: the subtitle of step 1 is kept; a migration brings the column, and takes it away."""

from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect

from final.core.database.migrations import alembic_config
from tests.support.posts import POSTS, write
from tests.support.server import Person, Server, make_settings


def columns(file: Path) -> set[str]:
    """Return the names of the columns that posts have in a database."""
    engine = create_engine(f"sqlite:///{file}")
    names = {column["name"] for column in inspect(engine).get_columns("post")}
    engine.dispose()
    return names


@pytest.mark.stores("sqlite")
def test_a_subtitle_is_kept(server: Server, ada: Person) -> None:
    post = write(server, ada, subtitle="By A. A. L.")
    assert post["subtitle"] == "By A. A. L."
    path = f"{POSTS}/{post['id']}"
    assert server.get(path).json() == server.get(POSTS).json()["items"][0] == post
    body = {"title": "Hello there", "content": "Another text."}
    assert server.call("PUT", path, ada, json=body).json()["subtitle"] is None


def test_the_migration_leads_up_and_down(tmp_path: Path) -> None:
    file = tmp_path / "migrated.db"
    config = alembic_config(make_settings(f"sqlite:///{file}"))
    config.stdout = StringIO()
    command.upgrade(config, "head")
    assert "subtitle" in columns(file)
    command.check(config)
    command.downgrade(config, "-1")
    assert "subtitle" not in columns(file)
    command.upgrade(config, "head")
    assert "subtitle" in columns(file)
