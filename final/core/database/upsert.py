"""Inserting a row that may be there already: the constraint decides, and nothing fails."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T", bound=SQLModel)
# The columns of a row that is to be inserted, by their names.
Row: TypeAlias = dict[str, Any]


def insert_into(dialect: str, model: type[SQLModel]) -> Any:
    """Return the INSERT of a database that knows ON CONFLICT."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)


@lru_cache
def insert_if_free(dialect: str, model: type[SQLModel]) -> Any:
    """Return an INSERT that tells the new id, or nothing where a unique key is taken.

    Built once, and of a table, not of a model: SQLAlchemy would take longer to put it together
    each time than the database takes to run it.
    """
    insert = insert_into(dialect, model)
    return insert.on_conflict_do_nothing().returning(insert.table.c.id)


async def insert_unless_taken(session: AsyncSession, row: T) -> bool:
    """Insert a row and give it its id, or return False where a unique key is taken.

    A failed flush would lose the whole transaction; this one goes on.
    """
    statement = insert_if_free(session.get_bind().dialect.name, type(row))
    row_id = await session.scalar(statement, row.model_dump(exclude={"id"}))
    if row_id is None:
        return False
    row.__setattr__("id", row_id)
    return True


@lru_cache
def insert_many_if_free(dialect: str, model: type[SQLModel], key: str, value: str) -> Any:
    """Return an INSERT that tells two columns of what it has inserted."""
    insert = insert_into(dialect, model).on_conflict_do_nothing()
    return insert.returning(insert.table.c[key], insert.table.c[value])


async def insert_all_unless_taken(
    session: AsyncSession, model: type[SQLModel], rows: Sequence[Row], key: str, value: str = "id"
) -> dict[Any, Any]:
    """Insert the rows whose unique key is free; return one of their columns by another one.

    Rows are plain: to make each an object of its model first would be half of all the work. What
    they do not name is as the model has it by default.
    """
    if not rows:
        return {}
    statement = insert_many_if_free(session.get_bind().dialect.name, model, key, value)
    usual = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if name != "id" and not field.is_required()
    }
    values = [usual | row for row in rows]
    result = await (await session.connection()).execute(statement, values)
    return {row[0]: row[1] for row in result}
