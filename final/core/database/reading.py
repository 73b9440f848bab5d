"""Reading lists: rows of columns, a slice of them, how many there are in all."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Engine,
    Integer,
    Row,
    Select,
    bindparam,
    func,
    literal,
    select,
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
def slice_of(query: Select[Any], by_cursor: bool) -> Select[Any]:
    """Return the statement of a page: with the total as a column, or from a cursor on.

    To build a statement takes longer than to run it, so the latest are kept, as are the queries.
    """
    if by_cursor:
        query = query.where(query.selected_columns.id > bindparam("after", type_=Integer))
    else:
        total = total_of(query, bindparam("counted", type_=Integer))
        query = query.add_columns(total.scalar_subquery().label("total"))
    limit, skip = bindparam("limit", type_=Integer), bindparam("skip", type_=BigInteger)
    return query.limit(limit).offset(skip)


def total_of(query: Select[Any], at_most: BindParameter[int] | None = None) -> Select[Any]:
    """Return the statement that counts a list, perhaps not to its end."""
    every = query.with_only_columns(literal(1), maintain_column_froms=True).order_by(None)
    return select(func.count()).select_from(every.limit(at_most).subquery())
