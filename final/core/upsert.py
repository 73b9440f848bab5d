"""Inserting a row that may be there already: the constraint decides, and nothing fails."""

from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T", bound=SQLModel)


def upsert(session: AsyncSession, model: type[SQLModel]) -> Any:
    """Return the INSERT of the session's database that knows ON CONFLICT."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(model)


async def insert_unless_taken(session: AsyncSession, row: T) -> bool:
    """Insert a row and give it its id, or return False where a unique key is taken.

    A failed flush would lose the whole transaction; this one goes on.
    """
    table: Table = type(row).__table__  # type: ignore[attr-defined]
    values = {key: value for key, value in row.model_dump().items() if key != "id"}
    statement = upsert(session, type(row)).values(values).on_conflict_do_nothing()
    row_id = await session.scalar(statement.returning(table.c.id))
    if row_id is None:
        return False
    row.__setattr__("id", row_id)
    return True
