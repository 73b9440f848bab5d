"""Reading what is too long for memory."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Row, Select

from final.core.database.engine import Database
from final.core.database.reading import fetch_rows


async def read_in_batches(
    database: Database, query: Select[Any], size: int
) -> AsyncIterator[Sequence[Row[Any]]]:
    """Read the rows of a query by ascending `id`, so many at a time.

    Each batch borrows a connection and gives it back before it is used: a client that reads
    slowly, or leaves, keeps none.
    """
    number, last = query.selected_columns.id, 0
    batch = query.order_by(None).order_by(number).limit(size)
    while True:
        async with database.session() as session:
            rows = await fetch_rows(session, batch.where(number > last))
        if not rows:
            return
        yield rows
        last = rows[-1].id
