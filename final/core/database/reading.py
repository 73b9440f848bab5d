"""Reading lists: rows of columns, a slice of them, how many there are in all."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Engine,
    Integer,
    Row,
    ScalarSelect,
    Select,
    bindparam,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

READER = "reader"


async def fetch_rows(session: AsyncSession, query: Any, **values: object) -> Sequence[Row[Any]]:
    """Return the rows of a query of columns, as the session sees them.

    Its own `exec` would look for entities in them. And a session that has not begun a transaction
    need not begin one for a single query: the engine's connection will do. Together that is half of
    what a short list costs.
    """
    reader: Engine | None = session.info.get(READER)

    def fetch(session: Session) -> Sequence[Row[Any]]:
        """Run the query, alone where that is possible."""
        if reader is None or session.in_transaction():
            return session.connection().execute(query, values).all()
        with reader.connect() as connection:
            return connection.execute(query, values).all()

    return await session.run_sync(fetch)


def reader_of(engine: Engine) -> Engine:
    """Return the same connections for queries that stand alone.

    PostgreSQL is spared the messages that begin and end a transaction; SQLite begins none before
    a write.
    """
    alone = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    return engine.execution_options(**alone)


@lru_cache(maxsize=500)
def slice_of(
    query: Select[Any],
    by_cursor: bool = False,
    key: Any = None,
    shown: Select[Any] | None = None,
    counted: bool = True,
) -> Select[Any]:
    """Return the statement of a page: from a cursor on, or with the total as a column.

    With the key of its rows, a page is found by that alone, and the rest is read of what is shown:
    nothing else is touched of the rows that are passed over. `shown` is the query without its
    conditions, if there are any that need not be asked again; several columns are a key together.
    To build a statement takes longer than to run it, so the latest are kept, as are the queries.
    """
    limit, skip = bindparam("limit", type_=Integer), bindparam("skip", type_=BigInteger)
    found = query
    if by_cursor:
        found = query.where(query.selected_columns.id > bindparam("after", type_=Integer))
    if key is None:
        page = found.limit(limit).offset(skip)
    else:
        columns = key if isinstance(key, tuple) else (key,)
        keys = found.with_only_columns(*columns, maintain_column_froms=True)
        which = tuple_(*columns) if len(columns) > 1 else key
        page = (query if shown is None else shown).where(which.in_(keys.limit(limit).offset(skip)))
    return page if by_cursor or not counted else page.add_columns(total_of(query).label("total"))


def total_of(query: Select[Any]) -> ScalarSelect[Any]:
    """Return the number of rows of a list as a column: `at_most` where there are more."""
    every = query.with_only_columns(literal(1), maintain_column_froms=True).order_by(None)
    counted = every.limit(bindparam("at_most", type_=Integer)).subquery()
    return select(func.count()).select_from(counted).scalar_subquery()
