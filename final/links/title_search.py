"""The index behind a search in titles: which links may have a text in one of theirs.

Both databases look up all runs of three characters of the text: SQLite by FTS5's trigram tokenizer,
PostgreSQL by an array of them under GIN (without `pg_trgm`, which not everybody may install). What
they find is then compared as a whole, so the index decides only what need not be looked at.
"""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

SHORTEST = 3
CANDIDATES = {
    "sqlite": (
        "SELECT rowid FROM link_text WHERE text MATCH {0} UNION SELECT link_id FROM user_link "
        "WHERE id IN (SELECT rowid FROM user_link_text WHERE text MATCH {0})",
        "'\"' || replace(lower({}), '\"', '\"\"') || '\"'",
    ),
    "postgresql": (
        "SELECT id FROM link WHERE trigrams(coalesce(title, url)) @> {0} "
        "UNION SELECT link_id FROM user_link WHERE trigrams(title) @> {0}",
        "trigrams({})",
    ),
}


class MayHaveText(FunctionElement[Any]):
    """The condition that a link, given by its number, has all trigrams of a text in some title."""

    # A boolean would be written as `... = 1` for SQLite, which then reads every link.
    type = NullType()
    inherit_cache = True


@compiles(MayHaveText)
def write_condition(element: MayHaveText, compiler: SQLCompiler, **options: Any) -> str:
    """Write it in the language of the database."""
    link_id, text = (compiler.process(clause, **options) for clause in element.clauses)
    candidates, pattern = CANDIDATES[compiler.dialect.name]
    return f"{link_id} IN ({candidates.format(pattern.format(text))})"


def has_text(
    link_id: ColumnElement[int], title: ColumnElement[str], text: str
) -> list[ColumnElement[bool]]:
    """Return the conditions that a title has a text in it, literally but ignoring case."""
    conditions = [title.icontains(text, autoescape=True)]
    if min(len(text), len(text.lower())) >= SHORTEST:  # shorter ones have no trigram
        conditions.append(MayHaveText(link_id, text))
    return conditions
