"""The contract of each item as its level's README shows it.

python -m tests.course.contracts 3    the table of level 3, to be pasted into its README
LINKHUB_LANG=de python -m tests.course.contracts 3    the same for README.de.md
"""

import sys
from collections.abc import Iterator

from tests.course.languages import LANGUAGE
from tests.course.roadmap import FILE, load_roadmap


def table(level: str, language: str = LANGUAGE) -> Iterator[str]:
    """Write the contracts of a level's items as a Markdown table, line by line."""
    yield "| item | you send | you get back |"
    yield "|---|---|---|"
    for item in load_roadmap(FILE, language).items.values():
        if item.level == level:
            for number, exchange in enumerate(item.contract):
                yield f"| {'' if number else item.number} | {exchange.send} | {exchange.back} |"


if __name__ == "__main__":
    print("\n".join(table(sys.argv[1])))
