"""The roadmap checklist: which items the tests of this run found done."""

import tomllib
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).with_name("roadmap.toml")


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

    @property
    def hint(self) -> str:
        """The last step of the hint."""
        return self.how

    @property
    def level(self) -> str:
        """The number of the level that the item belongs to."""
        return self.number.split(".")[0]


def load_items() -> dict[str, Item]:
    """Read all items, by number."""
    entries = tomllib.loads(FILE.read_text("utf-8"))["items"]
    return {number: make_item(number, entry) for number, entry in entries.items()}


def make_item(number: str, entry: dict[str, Any]) -> Item:
    """Make an item of what the file says about it."""
    contract = tuple(Exchange(**exchange) for exchange in entry.pop("contract"))
    return Item(number, contract=contract, **entry)


def load_level_titles() -> dict[str, str]:
    """Read the titles of the levels, by number."""
    titles: dict[str, str] = tomllib.loads(FILE.read_text("utf-8"))["levels"]
    return titles


ITEMS = load_items()


def mark_for(outcomes: Iterable[str]) -> str:
    """Say `x` for done, a blank for failed and `-` for not run or held up by another item."""
    seen = set(outcomes)
    if "failed" in seen:
        return " "
    return "x" if seen >= {"passed"} and "held up" not in seen else "-"


def checklist(
    outcomes: dict[str, list[str]],
    items: dict[str, Item],
    titles: dict[str, str],
    part: str = "Level",
) -> Iterator[str]:
    """Write the checklist, line by line, for the parts that took part in the run.

    `outcomes` holds, for each item number, how each of its tests ended: passed, failed, skipped,
    or held up, when it failed because of another item.
    """
    marks = {number: mark_for(outcomes.get(number, [])) for number in items}
    for level, title in titles.items():
        of_part = [item for item in items.values() if item.level == level]
        if not any(outcomes.get(item.number) for item in of_part):
            continue
        done = sum(marks[item.number] == "x" for item in of_part)
        yield f"{part} {level}: {title} ({done}/{len(of_part)})"
        for item in of_part:
            yield f"  [{marks[item.number]}] {item.number} {item.text}"
            if marks[item.number] == " ":
                yield f"        hint: {item.hint}"
                yield f"        look at: {item.look_at}"
            elif "held up" in outcomes.get(item.number, []):
                yield "        its tests could not run: first do the items that are still open"


def is_result(report: object) -> bool:
    """Tell the report that says how a test ended from the other things pytest counts."""
    return isinstance(report, pytest.TestReport) and (report.when == "call" or not report.passed)


def results_of(report: pytest.TestReport) -> Iterator[tuple[str, str]]:
    """Yield the item of a test with its outcome, and the item that is to blame, if another is."""
    properties = dict(report.user_properties)
    number, blamed = properties.get("roadmap"), properties.get("blamed")
    if number and blamed and blamed != number:
        yield str(number), "held up"
        yield str(blamed), "failed"
    elif number:
        yield str(number), report.outcome


class Plugin:
    """The part that pytest calls: collects the outcomes and prints the checklist at the end."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Give every test the number of its item as a property, which its reports carry along."""
        for item in items:
            mark = item.get_closest_marker("roadmap")
            if mark and "capstones" not in item.nodeid:
                item.user_properties.append(("roadmap", ITEMS[mark.args[0]].number))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """Print the checklist last, below pytest's own list of failures."""
        yield
        outcomes: dict[str, list[str]] = defaultdict(list)
        for reports in terminalreporter.stats.values():
            for report in filter(is_result, reports):
                for number, outcome in results_of(report):
                    outcomes[number].append(outcome)
        lines = list(checklist(outcomes, ITEMS, load_level_titles()))
        if lines:
            terminalreporter.section("Roadmap")
            for line in lines:
                terminalreporter.write_line(line)
