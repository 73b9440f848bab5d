"""The roadmaps of the capstones: what each item asks for."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.course.roadmap import Item, make_item
from tests.course.visitor import fits

FOLDER = Path(__file__).parents[1] / "course" / "capstones"


@dataclass(frozen=True)
class Roadmap:
    """The items of one capstone, in stages of an evening each."""

    title: str
    stages: dict[str, str]
    items: dict[str, Item]

    def item_for(self, method: str, path: str) -> Item | None:
        """Return the item that asks for a route."""
        return next((item for item in self.items.values() if routes_for(item, method, path)), None)


def routes_for(item: Item, method: str, path: str) -> list[str]:
    """Return those of an item's routes that a request may go to."""
    return [route for route in item.routes if fits(route, method, path.rstrip("/"))]


@cache
def load(product: str) -> Roadmap:
    """Read the roadmap of a product."""
    data = tomllib.loads((FOLDER / f"{product}.toml").read_text("utf-8"))
    items = {number: make_item(number, entry) for number, entry in data["items"].items()}
    return Roadmap(data["title"], data["levels"], items)
