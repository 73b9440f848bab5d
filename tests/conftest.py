"""Options and fixtures that all suites share."""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests import roadmap
from tests.target import (
    LEVELS,
    ImportedApp,
    Level,
    RunningServer,
    StartError,
    Target,
    check_app,
    check_server,
)
from tests.visitor import EXCHANGES, Visitor

Start = Callable[[], AbstractContextManager[Visitor]]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("linkhub", "your own code")
    group.addoption("--app", metavar="MODULE:APP", help="test this app in place of the levels")
    group.addoption("--url", help="test the server at this address in place of the levels")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "roadmap(number): the roadmap item that a test checks")
    config.pluginmanager.register(roadmap.Plugin(), "roadmap")
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
    return [Level(name) for name in LEVELS[level - 1 :]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    suite = re.search(r"test_level(\d)", metafunc.module.__name__)
    if suite and "target" in metafunc.fixturenames:
        targets = find_targets(metafunc.config, int(suite[1]))
        ids = [target.name.partition(".")[0] for target in targets]
        # The scope makes pytest run what concerns one target in a row.
        metafunc.parametrize("target", targets, ids=ids, scope="session")


def pytest_runtest_setup() -> None:
    EXCHANGES.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show, below a failed test, the requests that it made."""
    report = yield
    if report.failed and EXCHANGES:
        report.sections.append(("Requests of this test", "\n".join(EXCHANGES)))
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
    return sign_up_if_needed(visitor)


def sign_up_if_needed(visitor: Visitor) -> Visitor:
    """Return the visitor as a new user, or as it is where the app knows no accounts."""
    return visitor.sign_up() if visitor.has_route("POST /auth/register") else visitor


@pytest.fixture
def database_file(target: Target, folder: Path) -> Path:
    """Return the file of the app's database."""
    return target.database_file(folder)
