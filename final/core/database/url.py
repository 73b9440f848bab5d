"""The address of the database: what hosts hand out, and what the drivers take."""

import inspect
import os
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
SQLITE_OPTIONS = frozenset(
    {"timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements", "uri"}
)


def rename_sslmode(url: URL) -> URL:
    """Give libpq's `sslmode` the name that asyncpg has for it."""
    if "sslmode" not in url.query:
        return url
    ssl = url.query["sslmode"]
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": ssl})


def use_async_driver(value: str) -> str:
    """Return the address for the driver that this app speaks, or raise `ValueError` in one line."""
    url = read_url(value)
    url = url.set(drivername=ASYNC_DRIVERS.get(url.drivername, url.drivername))
    if url.drivername not in ASYNC_DRIVERS.values():
        raise ValueError("names no supported database: use sqlite:// or postgresql://")
    url = rename_sslmode(url)
    check_options(url)
    if url.drivername.startswith("sqlite"):
        check_folder(url)
    return url.render_as_string(hide_password=False)


def read_url(value: str) -> URL:
    """Take an address apart, or raise `ValueError` in one line."""
    try:
        return make_url(value)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise ValueError("is not a database URL") from None


def check_options(url: URL) -> None:
    """Raise for an option that the driver would only stumble over when it connects."""
    known = SQLITE_OPTIONS
    if url.drivername.startswith("postgresql"):
        import asyncpg  # only where PostgreSQL is used

        known = frozenset(inspect.signature(asyncpg.connect).parameters)
        known |= {"prepared_statement_cache_size"}  # SQLAlchemy's own
    if unknown := ", ".join(sorted(set(url.query) - known)):
        raise ValueError(f"has an option that is not known: {unknown}")


def check_folder(url: URL) -> None:
    """Raise where SQLite could not make its file."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return
    folder = Path(url.database).parent
    if not folder.is_dir():
        raise ValueError(f"lies in a folder that is not there: {folder}")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"lies in a folder that cannot be written to: {folder}")
