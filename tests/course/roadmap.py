"""The roadmaps: the items to build, each with its contract and its hints.

A test names its item: `@pytest.mark.roadmap("3.2")`. Which roadmap that is, its folder says: the
tests in `capstones/<product>/` follow `capstones/<product>.toml`, all others the levels'.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.course.languages import LANGUAGE, read_toml

FILE = Path(__file__).with_name("roadmap.toml")
CAPSTONES = Path(__file__).with_name("capstones")


@dataclass(frozen=True)
class Exchange:
    """A line of a contract: what is sent, and what must come back."""

    send: str
    back: str


@dataclass(frozen=True)
class Item:
    """One thing to build: its contract, a hint in three steps, and where the level has it."""

    number: str
    text: str
    contract: tuple[Exchange, ...]
    idea: str
    where: str
    how: str
    look_at: str
    routes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """The last step of the hint."""
        return self.how

    @property
    def level(self) -> str:
        """The number of the level that the item belongs to."""
        return self.number.split(".")[0]

    def adds(self, method: str, path: str) -> bool:
        """Tell whether the item adds the route that a request goes to."""
        return any(fits(route, method, path) for route in self.routes)

    def changes_route(self, method: str, path: str) -> bool:
        """Tell whether the item changes the route that a request goes to."""
        return any(fits(route, method, path) for route in self.changes)


@dataclass(frozen=True)
class Roadmap:
    """The items of a suite, in levels."""

    title: str
    levels: dict[str, str]
    items: dict[str, Item]

    @property
    def part(self) -> str:
        """What a part of the roadmap is called."""
        return "Stage" if self.title else "Level"

    def adder(self, method: str, path: str) -> Item | None:
        """Return the item that adds a route."""
        return next((item for item in self.items.values() if item.adds(method, path)), None)

    def owner(self, method: str, path: str, level: str, running: str | None) -> str | None:
        """Return the item to blame when a route crashes: the last that has touched it.

        Of several items of one level, it is the one whose test is running.
        """
        adder = self.adder(method, path)
        items = [
            item
            for item in self.items.values()
            if (item is adder or item.changes_route(method, path)) and int(item.level) <= int(level)
        ]
        last = [item.number for item in items if item.level == items[-1].level]
        return running if running in last else next(iter(last), None)


def fits(route: str, method: str, path: str) -> bool:
    """Tell whether a request goes to a route such as `GET /links/{}`."""
    pattern = re.escape(route).replace(re.escape("{}"), "[^/]+").replace(re.escape(" "), " ")
    return re.fullmatch(f"{pattern}/?", f"{method} {path.partition('?')[0]}") is not None


@cache
def load_roadmap(file: Path, language: str = LANGUAGE) -> Roadmap:
    """Read a roadmap."""
    content = read_toml(file, language)
    items = {number: make_item(number, entry) for number, entry in content["items"].items()}
    return Roadmap(content.get("title", ""), content["levels"], items)


def make_item(number: str, entry: dict[str, Any]) -> Item:
    """Make an item of what the file says about it."""
    contract = tuple(Exchange(**exchange) for exchange in entry.pop("contract"))
    routes, changes = (tuple(entry.pop(name, ())) for name in ("routes", "changes"))
    return Item(number, contract=contract, routes=routes, changes=changes, **entry)


def suite_of(nodeid: str) -> str:
    """Return the name of the capstone that a test belongs to; none for the levels."""
    found = re.search(r"capstones/([a-z]\w*)/", nodeid)
    return found[1] if found else ""


def roadmap_of(suite: str) -> Roadmap:
    """Return the roadmap of a capstone, or that of the levels."""
    return load_roadmap(CAPSTONES / f"{suite}.toml" if suite else FILE)


ITEMS = roadmap_of("").items


def load_level_titles() -> dict[str, str]:
    """Return the titles of the levels, by number."""
    return roadmap_of("").levels


def mark_for(outcomes: Iterable[str]) -> str:
    """Say `x` for done, a blank for failed and `-` for not run."""
    seen = set(outcomes)
    if "failed" in seen:
        return " "
    return "x" if "passed" in seen else "-"


def is_result(report: object) -> bool:
    """Tell the report that says how a test ended from the other things pytest counts."""
    return isinstance(report, pytest.TestReport) and (report.when == "call" or not report.passed)
