"""The checklist of a capstone at the end of a run: how far its builder has come."""

from collections import defaultdict
from collections.abc import Generator, Iterator

import pytest

from tests.capstones.products import PRODUCTS
from tests.course.roadmap import checklist, is_result

FOLDER = "tests.capstones."


class Checklist:
    """The part that pytest calls."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Give every test of a capstone the number of its item, which its reports carry along."""
        for item in items:
            mark = item.get_closest_marker("roadmap")
            product = product_of(item)
            if mark and product:
                item.user_properties.append(("capstone", f"{product} {mark.args[0]}"))

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """Print the lists of the products that took part."""
        yield
        outcomes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for reports in terminalreporter.stats.values():
            for report in filter(is_result, reports):
                for product, number, outcome in results_of(report):
                    outcomes[product][number].append(outcome)
        for product, found in outcomes.items():
            roadmap = PRODUCTS[product].roadmap
            terminalreporter.section(roadmap.title)
            for line in checklist(found, roadmap.items, roadmap.stages, "Stage"):
                terminalreporter.write_line(line)


def product_of(item: pytest.Item) -> str | None:
    """Return the product that a test is about."""
    module = getattr(item, "module", None)
    name = module.__name__ if module else ""
    product = name.removeprefix(FOLDER).partition(".")[0]
    return product if name.startswith(FOLDER) and product in PRODUCTS else None


def results_of(report: pytest.TestReport) -> Iterator[tuple[str, str, str]]:
    """Yield product, item and outcome of a test, and of the item to blame, if that is another."""
    properties = dict(report.user_properties)
    if "capstone" not in properties:
        return
    product, number = str(properties["capstone"]).split()
    blamed = properties.get("blamed")
    if blamed and blamed != number:
        yield product, number, "held up"
        yield product, str(blamed), "failed"
    else:
        yield product, number, report.outcome
