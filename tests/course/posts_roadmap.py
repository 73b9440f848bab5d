"""The checklist of the posts roadmap: which of its items the tests of this run have shown."""

import tomllib
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.course.roadmap import is_result, mark_for

FILE = Path(__file__).with_suffix(".toml")
FOLDER = "tests/final/"


def load_stages() -> dict[str, str]:
    """Read the titles of the stages, by number."""
    stages: dict[str, str] = tomllib.loads(FILE.read_text("utf-8"))["stages"]
    return stages


def load_items() -> dict[str, tuple[str, list[str]]]:
    """Read what each item says, and which files, classes or tests show it."""
    items = tomllib.loads(FILE.read_text("utf-8"))["items"]
    return {number: (entry[0], entry[1:]) for number, entry in items.items()}


STAGES, ITEMS = load_stages(), load_items()


def items_of(nodeid: str) -> list[str]:
    """List the items that a test shows."""
    name = nodeid.partition("[")[0].removeprefix(FOLDER) + "::"
    return [
        number
        for number, (_, tests) in ITEMS.items()
        if any(name.startswith(f"{test}::") for test in tests)
    ]


def checklist(outcomes: dict[str, list[str]]) -> Iterator[str]:
    """Write the list, line by line, for the stages that took part in the run."""
    marks = {number: mark_for(outcomes.get(number, [])) for number in ITEMS}
    for stage, title in STAGES.items():
        numbers = [number for number in ITEMS if number.split(".")[0] == stage]
        if not any(outcomes.get(number) for number in numbers):
            continue
        done = sum(marks[number] == "x" for number in numbers)
        yield f"Stage {stage}: {title} ({done}/{len(numbers)})"
        for number in numbers:
            yield f"  [{marks[number]}] {number} {ITEMS[number][0]}"


class Plugin:
    """The part that pytest calls."""

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """Print the list below pytest's own words."""
        yield
        outcomes: dict[str, list[str]] = defaultdict(list)
        for reports in terminalreporter.stats.values():
            for report in filter(is_result, reports):
                for number in items_of(report.nodeid):
                    outcomes[number].append(report.outcome)
        if lines := list(checklist(outcomes)):
            terminalreporter.section("Posts roadmap")
            for line in lines:
                terminalreporter.write_line(line)
