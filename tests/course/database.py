"""What the suites see and do in the SQLite file of the app under test, whatever its tables are."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

Column = tuple[str, str]

# How slow hashes of passwords begin, and where they say how slow they are.
SLOW_HASH = re.compile(r"\$(2[aby]|bcrypt-sha256|argon2\w*|scrypt|pbkdf2[-\w]*)\$")
COST_OF_BCRYPT = re.compile(r"(\$2[aby]\$|,r=)\d+")


@contextmanager
def open_database(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file; save what was changed in it."""
    with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
        yield connection


def columns(connection: sqlite3.Connection) -> Iterator[Column]:
    """Yield all columns of all tables, each as the names of both."""
    yield from connection.execute("""
        SELECT source.name, item.name FROM sqlite_master AS source
        JOIN pragma_table_info(source.name) AS item WHERE source.type = 'table'
    """)


def quote(name: str) -> str:
    """Write a name as SQL understands it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def find_value(connection: sqlite3.Connection, value: str) -> Column | None:
    """Find the table and column that hold a value."""
    for table, column in list(columns(connection)):
        query = f"SELECT 1 FROM {quote(table)} WHERE {quote(column)} = ?"
        if connection.execute(query, (value,)).fetchone():
            return table, column
    return None


def table_with(connection: sqlite3.Connection, value: str) -> str:
    """Return the name of the table that holds a value."""
    found = find_value(connection, value)
    assert found, "what was saved is not in the file that DATABASE_URL names"
    return found[0]


def referenced_tables(file: Path) -> set[str]:
    """Return the names of all tables that a foreign key of another table points at."""
    with open_database(file) as connection:
        rows = connection.execute("""
            SELECT item."table" FROM sqlite_master AS source
            JOIN pragma_foreign_key_list(source.name) AS item WHERE source.type = 'table'
        """)
        return {name for (name,) in rows}


def slow_hashes(file: Path) -> set[str]:
    """Return every value in the database that looks like the slow hash of a password."""
    with open_database(file) as connection:
        return {
            value
            for table, column in list(columns(connection))
            for (value,) in connection.execute(f"SELECT {quote(column)} FROM {quote(table)}")
            if isinstance(value, str) and SLOW_HASH.search(value)
        }


def slow_down_hashes(file: Path, cost: int) -> bool:
    """Let checks of all stored passwords take long, and fail; tell whether there are any."""
    found = {COST_OF_BCRYPT.sub(rf"\g<1>{cost}", old): old for old in slow_hashes(file)}
    with open_database(file) as connection:
        for new, old in found.items():
            replace(connection, old, new)
    return any(COST_OF_BCRYPT.search(old) for old in found.values())


def replace(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Write another value wherever this one stands."""
    for table, column in list(columns(connection)):
        query = f"UPDATE {quote(table)} SET {quote(column)} = ? WHERE {quote(column)} = ?"
        connection.execute(query, (new, old))


@contextmanager
def turned_over(file: Path, value: str) -> Iterator[None]:
    """Give SQLite a quicker way through the table with this value, which has another order.

    An index over every other column: a query without an ORDER BY then comes in its order.
    """
    with open_database(file) as connection:
        table = table_with(connection, value)
        keys = connection.execute(f"SELECT name, pk FROM pragma_table_info({quote(table)})")
        others = ", ".join(f"{quote(name)} DESC" for name, key in keys.fetchall() if not key)
        connection.execute(f"CREATE INDEX another_way ON {quote(table)} ({others})")
        connection.execute(f"ANALYZE {quote(table)}")
        smaller = "UPDATE sqlite_stat1 SET stat = stat || ' sz=1' WHERE idx = 'another_way'"
        connection.execute(smaller)
    try:
        yield
    finally:
        with open_database(file) as connection:
            connection.execute("DROP INDEX another_way")


@contextmanager
def foreign_keys_watched(file: Path, value: str) -> Iterator[Callable[[], bool]]:
    """Yield a function that tells if foreign keys were on when a row beside this value was added.

    The row sets off a cascade between two other tables, which happens only with them on.
    """
    with open_database(file) as connection:
        table = quote(table_with(connection, value))
        for statement in (
            "CREATE TABLE one_side (id INTEGER PRIMARY KEY)",
            "CREATE TABLE other_side (id INTEGER REFERENCES one_side ON DELETE CASCADE)",
            "INSERT INTO one_side VALUES (1)",
            "INSERT INTO other_side VALUES (1)",
            f"CREATE TRIGGER cascade AFTER INSERT ON {table} BEGIN DELETE FROM one_side; END",
        ):
            connection.execute(statement)
    try:
        yield lambda: other_side_is_empty(file)
    finally:
        with open_database(file) as connection:
            for rest in ("TRIGGER cascade", "TABLE other_side", "TABLE one_side"):
                connection.execute(f"DROP {rest}")


def other_side_is_empty(file: Path) -> bool:
    """Tell whether the cascade has happened."""
    with open_database(file) as connection:
        return not connection.execute("SELECT * FROM other_side").fetchall()


def delete_row(file: Path, value: str) -> None:
    """Delete the rows that hold a value."""
    with open_database(file) as connection:
        found = find_value(connection, value)
        assert found, f"{value} is not in the file that DATABASE_URL names"
        table, column = map(quote, found)
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (value,))
