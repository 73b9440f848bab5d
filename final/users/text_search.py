"""Searching accounts by their names."""

from typing import ClassVar

from final.core.database.text_search import MayContain


class UserMayContain(MayContain):
    """The condition that an account may have a text in its names."""

    inherit_cache = True
    candidates: ClassVar = {
        "sqlite": "SELECT rowid FROM user_text WHERE text MATCH {0}",
        "postgresql": 'SELECT id FROM "user" WHERE trigrams(search_text) @> {0}',
    }
