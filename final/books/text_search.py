"""Searching books by their names."""

from typing import ClassVar

from final.core.database.text_search import MayContain


class BookMayContain(MayContain):
    """The condition that a book may have a text in its title or author."""

    inherit_cache = True
    candidates: ClassVar = {
        "sqlite": "SELECT rowid FROM book_text WHERE text MATCH {0}",
        "postgresql": "SELECT id FROM book WHERE "
        "trigrams((title_key || E'\\n' || author_key) COLLATE \"default\") @> {0}",
    }
