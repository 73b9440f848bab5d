"""The part of the course that pytest calls: what it asks tests about, and what it prints."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from tests.course import checklist
from tests.course.exchanges import EXCHANGES, RUNNING, STOPS, SURPRISES
from tests.course.explain import explain, sentence_of
from tests.course.results import Results, exercises_of, make_results, outcomes_of
from tests.course.roadmap import roadmap_of, suite_of

# What there is to say about an app beside its results.
NOTE: pytest.StashKey[str | None] = pytest.StashKey()


def add_options(parser: pytest.Parser) -> None:
    """Add the options about somebody's own code."""
    group = parser.getgroup("linkhub", "your own code")
    group.addoption("--app", metavar="MODULE:APP", help="test this app in place of the levels")
    group.addoption("--url", help="test the server at this address in place of the levels")
    group.addoption("--all", action="store_true", help="show every failure of your own app")
    group.addoption("--core", action="store_true", help="run only what the contracts say")
    group.addoption("--first", metavar="ITEM", help="run the tests of this item first")
    group.addoption("--results", metavar="FILE", help="write the results to this file, as JSON")


class Plugin:
    """Collects the outcomes and prints the checklist at the end."""

    def __init__(self, own: str) -> None:
        self.own = own
        # The highest level that the run is about.
        self.level = "0"

    def pytest_configure(self, config: pytest.Config) -> None:
        """With one's own app, print no traceback: what it has done wrong is said in sentences."""
        if self.own:
            config.option.tbstyle = "no"
            config.option.disable_warnings = True
            if config.option.reportchars == "fE":
                config.option.reportchars = ""

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Give every test its item as a property, which its reports carry along.

        What goes beyond the contracts comes last: it may leave an app in disorder.
        """
        for item in items:
            if mark := item.get_closest_marker("roadmap"):
                suite, number = suite_of(item.nodeid), mark.args[0]
                if number not in roadmap_of(suite).items:
                    raise pytest.UsageError(f"{item.nodeid}: there is no item {number}")
                hardening = item.get_closest_marker("hardening") is not None
                values = {"suite": suite, "roadmap": number, "hardening": hardening}
                item.user_properties += values.items()
            elif self.own:
                item.user_properties.append(("sentence", sentence_of(item)))
        numbers = [dict(item.user_properties).get("roadmap", "0") for item in items]
        self.level = max((str(number).split(".")[0] for number in numbers), key=int, default="0")
        if self.own:
            first = config.getoption("--first")
            items.sort(
                key=lambda item: (
                    item.get_closest_marker("hardening") is not None,
                    dict(item.user_properties).get("roadmap") != first,
                )
            )

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Forget what the test before has sent; remember what this one is about."""
        properties = dict(item.user_properties)
        RUNNING.item = number = properties.get("roadmap")  # type: ignore[assignment]
        RUNNING.level = self.level if self.own else str(number or 0).split(".")[0]
        for memory in (EXCHANGES, STOPS, SURPRISES):
            memory.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Describe what a failed test has found."""
        report = yield
        if report.failed and call.excinfo and call.when != "teardown":
            finding = explain(item, call.excinfo.value, EXCHANGES, STOPS)
            report.user_properties.append(("finding", finding))
            if len(EXCHANGES) > 1:
                text = "\n".join(f"{sent.request}\n  {sent.answer}" for sent in EXCHANGES[-6:])
                report.sections.append(("The last requests of this test", text))
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: TerminalReporter, config: pytest.Config
    ) -> Generator[None, None, None]:
        """Print the checklist last, below pytest's own list of failures."""
        yield
        if exercises := exercises_of(terminalreporter.stats):
            terminalreporter.section("Exercise")
            for line in checklist.exercise(exercises):
                terminalreporter.write_line(line)
        outcomes = outcomes_of(terminalreporter.stats)
        for suite in dict.fromkeys(outcome["suite"] for outcome in outcomes):
            mine = [outcome for outcome in outcomes if outcome["suite"] == suite]
            results = make_results(self.own, suite, mine)
            if note := config.stash.get(NOTE, None):
                results |= {"status": "failed", "message": note}
            self.print(terminalreporter, results)
            write(config, results)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let a run not pass that has something to say."""
        if session.config.stash.get(NOTE, None) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def print(self, terminal: TerminalReporter, results: Results) -> None:
        """Print the checklist and, for one's own app, what to do next."""
        title = roadmap_of(results["suite"]).title
        terminal.section(f"Roadmap of {title}" if title else "Roadmap")
        lines = list(checklist.checklist(results))
        if self.own and (terminal.config.option.all or terminal.verbosity > 0):
            lines = [*checklist.everything(results), *lines]
        if results["message"]:
            lines += ["", *results["message"].splitlines()]
        if self.own:
            lines += ["", *checklist.what_next(results)]
        for line in lines:
            terminal.write_line(line)


def write(config: pytest.Config, results: Results) -> None:
    """Write the results to the file that the command line names, if it does."""
    if file := config.getoption("--results"):
        text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
        # What an app says when it crashes need be no text that can be written.
        Path(file).write_text(text, "utf-8", "replace")


def write_error(config: pytest.Config, app: str, message: str) -> None:
    """Write, as the results, why there are none."""
    write(config, {"app": app, "suite": "", "status": "error", "message": message, "items": []})
