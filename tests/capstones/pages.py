"""The part of a capstone's page that its roadmap writes: the stages and their contracts.

python -m tests.capstones.pages    write it anew into the pages of all four
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.capstones.products import PRODUCTS
from tests.course.roadmap import Roadmap

FOLDER = Path(__file__).parent
STAGES = re.compile(r"## The stages\n.*?(?=^## )", re.M | re.S)


def write_stages(roadmap: Roadmap) -> Iterator[str]:
    """Write every stage as two Markdown tables, line by line."""
    yield "## The stages\n"
    for stage, title in roadmap.levels.items():
        items = [item for item in roadmap.items.values() if item.level == stage]
        yield f"### Stage {stage}: {title}\n"
        yield "| item | what you build | stuck? Look at |\n|---|---|---|"
        yield from (
            f"| {item.number} | {item.text} | {link(item.look_at)} |".replace(" {}", " `{}`")
            for item in items
        )
        yield "\n| item | you send | you get back |\n|---|---|---|"
        for item in items:
            for number, line in enumerate(item.contract):
                yield f"| {'' if number else item.number} | {line.send} | {line.back} |"
        yield ""


def link(places: str) -> str:
    """Turn `folder/file.py: name; folder/other.py` into links to the files."""
    return "; ".join(link_one(place) for place in places.split("; "))


def link_one(place: str) -> str:
    """Turn one place into a link from a page of a capstone."""
    path, rest = re.fullmatch(r"([\w./-]+)(.*)", place).groups()  # type: ignore[union-attr]
    return f"[{path}](../../../{path}){rest}"


def page_of(product: str) -> Path:
    """Return the page of a capstone."""
    return FOLDER / product / "README.md"


def renew(page: str, roadmap: Roadmap) -> str:
    """Return a page with the stages as the roadmap has them."""
    return STAGES.sub(lambda _: "\n".join(write_stages(roadmap)) + "\n", page)


if __name__ == "__main__":
    for name, product in PRODUCTS.items():
        file = page_of(name)
        file.write_text(renew(file.read_text("utf-8"), product.roadmap), "utf-8")
