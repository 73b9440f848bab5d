"""Options and fixtures that all suites share."""

import gc
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.course import posts_roadmap, roadmap
from tests.course.target import (
    FINAL,
    LEVELS,
    Final,
    ImportedApp,
    Level,
    RunningServer,
    StartError,
    Target,
    check_app,
    check_server,
)
from tests.course.visitor import BLAMED, EXCHANGES, Start, Visitor


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("linkhub", "your own code")
    group.addoption("--app", metavar="MODULE:APP", help="test this app in place of the levels")
    group.addoption("--url", help="test the server at this address in place of the levels")
    final = parser.getgroup("final", "the tests of final")
    text = "SQLite alone and PostgreSQL with Valkey (diagonal), or also the other two combinations"
    final.addoption("--stores", choices=["diagonal", "all"], default="diagonal", help=text)


def pytest_configure(config: pytest.Config) -> None:
    # Dozens of apps are much to look through: at Python's own pace a tenth of the whole run.
    gc.set_threshold(100_000, 20, 20)
    config.addinivalue_line("markers", "roadmap(number): the roadmap item that a test checks")
    config.addinivalue_line("markers", "hardening: a test that goes beyond its item's contract")
    config.addinivalue_line("markers", "stores(*names): run only on these of the chosen stores")
    config.addinivalue_line("markers", "workers: run also on a server with several processes")
    config.pluginmanager.register(roadmap.Plugin(), "roadmap")
    config.pluginmanager.register(posts_roadmap.Plugin(), "posts roadmap")
    if config.pluginmanager.hasplugin("xdist"):
        from tests.support import scheduling

        config.pluginmanager.register(scheduling, "scheduling")
    app, url = config.getoption("--app"), config.getoption("--url")
    try:
        if app:
            # Warnings are errors in this project; in somebody else's code they are their business.
            config.addinivalue_line("filterwarnings", "default")
            check_app(app)
        if url:
            check_server(url)
    except StartError as error:
        raise pytest.UsageError(str(error)) from error


def find_targets(config: pytest.Config, level: int) -> list[Target]:
    """Return what the suite of a level runs on: that level and all later ones, or one's own app."""
    if url := config.getoption("--url"):
        return [RunningServer(url)]
    if app := config.getoption("--app"):
        return [Level(app) if app in LEVELS else ImportedApp(app)]
    return [*map(Level, LEVELS[level - 1 :]), Final(FINAL)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    suite = re.search(r"test_level(\d)", metafunc.module.__name__)
    if suite and "target" in metafunc.fixturenames:
        targets = find_targets(metafunc.config, int(suite[1]))
        ids = [target.label for target in targets]
        # The scope makes pytest run what concerns one target in a row.
        metafunc.parametrize("target", targets, ids=ids, scope="session")


def pytest_runtest_setup() -> None:
    EXCHANGES.clear()
    BLAMED.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what concerns only this repository when somebody checks their own app."""
    if config.getoption("--app") or config.getoption("--url"):
        others = [item for item in items if "target" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the last requests of a failed test, and say which roadmap item is to blame."""
    report = yield
    if report.failed and len(EXCHANGES) > 1:
        report.sections.append(("The last requests of this test", "\n".join(EXCHANGES[-6:])))
    if report.failed and BLAMED:
        report.user_properties.append(("blamed", BLAMED[0]))
    return report


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the app under test keeps its files."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture
def start(target: Target, folder: Path) -> Start:
    """Return a function that starts the app: called twice, it restarts it on the same data."""
    starts = count()

    @contextmanager
    def start_app() -> Iterator[Visitor]:
        try:
            with target.running(folder, again=next(starts) > 0) as http:
                yield Visitor(http, target.name)
        except StartError as error:
            pytest.fail(str(error), pytrace=False)

    return start_app


@pytest.fixture
def visitor(start: Start) -> Iterator[Visitor]:
    """Yield somebody who is not logged in, on an app with a database of its own."""
    with start() as visitor:
        yield visitor


@pytest.fixture
def writer(visitor: Visitor) -> Visitor:
    """Return somebody who may save links: where the app has accounts, a new user."""
    return visitor.as_writer()


@pytest.fixture
def database_file(target: Target, folder: Path) -> Path:
    """Return the file of the app's database."""
    return target.database_file(folder)
