"""Searching links: in the page's title and address, and in the words of whoever keeps them."""

from typing import ClassVar

from final.core.database.text_search import MayContain


class LinkMayContain(MayContain):
    """The condition that a link may have a text in it or in an entry of somebody's list."""

    inherit_cache = True
    candidates: ClassVar = {
        "sqlite": "SELECT rowid FROM link_text WHERE text MATCH {0} UNION SELECT link_id "
        "FROM user_link WHERE id IN (SELECT rowid FROM user_link_text WHERE text MATCH {0})",
        "postgresql": "SELECT id FROM link WHERE trigrams(search_text) @> {0} "
        "UNION SELECT link_id FROM user_link WHERE trigrams(search_text) @> {0}",
    }
