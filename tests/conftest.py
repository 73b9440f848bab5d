"""Options and fixtures that all suites share."""

import gc
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.course import posts_roadmap, roadmap
from tests.course.failures import StartError
from tests.course.target import (
    FINAL,
    LEVELS,
    IsolatedApp,
    RunningServer,
    Target,
    check_name,
    check_server,
)
from tests.course.visitor import BLAMED, EXCHANGES, WRITES, Start, Visitor

# What is checked in place of the levels.
OWN: pytest.StashKey[Target | None] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("linkhub", "your own code")
    group.addoption("--app", metavar="MODULE:APP", help="test this app in place of the levels")
    group.addoption("--url", help="test the server at this address in place of the levels")
    final = parser.getgroup("final", "the tests of final")
    text = "SQLite alone and PostgreSQL with Valkey (diagonal), or also the other two combinations"
    final.addoption("--acceleration", choices=["on", "off"], default="on", help="as in the setting")
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
    try:
        config.stash[OWN] = find_own(config)
    except StartError as error:
        raise pytest.UsageError(str(error)) from error


def find_own(config: pytest.Config) -> Target | None:
    """Return the app or the server that is to be checked in place of the levels."""
    if url := config.getoption("--url"):
        check_server(url)
        return RunningServer(url)
    if app := config.getoption("--app"):
        check_name(app)
        own = IsolatedApp(app)
        config.add_cleanup(own.close)
        return own
    return None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start one's own app once before all tests: if it does not start, there is one thing to say.

    With `-n`, there is one process that only hands out the tests: it may do this.
    """
    own = session.config.stash[OWN]
    if own and not hasattr(session.config, "workerinput"):
        try:
            with TemporaryDirectory() as folder:
                own.check(Path(folder))
        except StartError as error:
            raise pytest.UsageError(str(error)) from error


def find_targets(config: pytest.Config, level: int) -> list[Target]:
    """Return what the suite of a level runs on: that level and all later ones, or one's own app."""
    if own := config.stash[OWN]:
        return [own]
    from tests.course.in_process import Final, Level  # a second, which one's own app need not wait

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
    WRITES.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what concerns only this repository when somebody checks their own app."""
    if config.stash[OWN]:
        others = [item for item in items if "target" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the last requests of a failed test, and say which roadmap item is to blame."""
    report = yield
    own = item.config.stash[OWN]
    if report.failed and own and WRITES:
        own.spoil()
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
def visitor(target: Target, folder: Path) -> Iterator[Visitor]:
    """Yield somebody who is not logged in; the app may have data of other visitors."""
    try:
        with target.lent(folder) as http:
            yield Visitor(http, target.name)
    except StartError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def writer(visitor: Visitor) -> Visitor:
    """Return somebody who may save links: where the app has accounts, a new user."""
    return visitor.as_writer()


@pytest.fixture
def database_file(target: Target, folder: Path) -> Path:
    """Return the file of the app's database."""
    return target.database_file(folder)
