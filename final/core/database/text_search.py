"""Finding a text inside others without reading them all: an index of their trigrams.

Both databases look up all runs of three characters of the text: SQLite by FTS5's trigram tokenizer,
PostgreSQL by an array of them under GIN (without `pg_trgm`, which not everybody may install). What
they find is then compared as a whole, so the index decides only what need not be looked at.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.reading import fetch_rows
from final.core.text.search import search_form

SHORTEST = 3
# A text is common when one in so many of so many rows has it.
SAMPLE, COMMON = 400, 20
BATCH = 500
PATTERNS = {
    "sqlite": "'\"' || replace(lower({}), '\"', '\"\"') || '\"'",
    "postgresql": "trigrams({})",
}


class MayContain(FunctionElement[Any]):
    """The condition that a row, given by its number, has all trigrams of a text."""

    # A boolean would be written as `... = 1` for SQLite, which then reads every row.
    type = NullType()
    inherit_cache = True
    # The numbers of rows that may have it, in the language of each database.
    candidates: ClassVar[dict[str, str]]


@compiles(MayContain)
def write_condition(element: MayContain, compiler: SQLCompiler, **options: Any) -> str:
    """Write it in the language of the database."""
    row_id, text = (compiler.process(clause, **options) for clause in element.clauses)
    name = compiler.dialect.name
    candidates = element.candidates[name].format(PATTERNS[name].format(text))
    return f"{row_id} IN ({candidates})"


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Return the condition that a column has a text in it, literally."""
    found: ColumnElement[bool] = column.contains(text, autoescape=True)
    return found


def contains_text(
    kind: type[MayContain] | None, row_id: Any, columns: list[Any], text: str
) -> list[ColumnElement[bool]]:
    """Return the conditions that one of these columns has a text in it, literally.

    A text that most rows have is found sooner without the index: without a kind.
    """
    sought = search_form(text)
    conditions = [or_(*(contains(column, sought) for column in columns))]
    if kind and min(len(sought), len(sought.lower())) >= SHORTEST:  # shorter ones have no trigram
        conditions.append(kind(row_id, sought))
    return conditions


async def is_common(
    session: AsyncSession, whole: Select[Any], columns: list[Any], text: str | None
) -> bool:
    """Tell whether a text is in so many rows of a list that walking along it finds a page at once.

    The index would name them all first. The first rows of the list are a sample of the rest.
    """
    if not text:
        return False
    sample = whole.with_only_columns(*columns, maintain_column_froms=True).limit(SAMPLE).subquery()
    found = select(func.count()).where(*contains_text(None, None, list(sample.c), text))
    return int((await fetch_rows(session, found))[0][0]) * COMMON > SAMPLE


async def renew_forms(
    session: AsyncSession, model: Any, forms_of: Callable[[Any], dict[str, Any]]
) -> int:
    """Compute anew what searches look into, batch by batch; count the rows where it was another."""
    some = select(model).order_by(col(model.id)).limit(BATCH)
    last = renewed = 0
    while rows := (await session.exec(some.where(col(model.id) > last))).all():
        renewed += sum([await renew_row(session, row, forms_of(row)) for row in rows])
        last = rows[-1].id
        await session.commit()  # whoever writes need not wait for the rest
        session.expunge_all()
    return renewed


async def renew_row(session: AsyncSession, row: Any, forms: dict[str, Any]) -> bool:
    """Write what searches look into; tell whether it was another."""
    if all(getattr(row, name) == form for name, form in forms.items()):
        return False
    # To be found better is no change of the thing itself.
    kept = {"updated_at": row.updated_at} if hasattr(row, "updated_at") else {}
    model = type(row)
    await session.exec(update(model).where(col(model.id) == row.id).values(**forms, **kept))
    return True
