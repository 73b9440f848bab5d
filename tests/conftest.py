"""Options and fixtures that all suites share."""

import gc
import os
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.course import posts_roadmap, reporting
from tests.course.exchanges import SURPRISES
from tests.course.failures import StartError
from tests.course.stale import find_stale_database
from tests.course.target import (
    FINAL,
    LEVELS,
    IsolatedApp,
    RunningServer,
    Target,
    check_name,
    check_server,
)
from tests.course.visitor import Start, Visitor

# What is checked in place of the levels.
OWN: pytest.StashKey[Target | None] = pytest.StashKey()

# The files of suites that nobody has asked for, but that are below one that somebody has.
LOWER: pytest.StashKey[set[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    reporting.add_options(parser)
    final = parser.getgroup("final", "the tests of final")
    text = """
        SQLite alone and PostgreSQL with Valkey (diagonal), also the other two combinations (all),
        or each test on one of the diagonal, as its name has it (one)
    """
    final.addoption("--acceleration", choices=["on", "off"], default="on", help="as in the setting")
    final.addoption("--stores", choices=["diagonal", "all", "one"], default="diagonal", help=text)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Let `-n auto` have one process more than there are processors: tests often wait."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    # Dozens of apps are much to look through: at Python's own pace a tenth of the whole run.
    gc.set_threshold(100_000, 20, 20)
    config.addinivalue_line("markers", "roadmap(number): the roadmap item that a test checks")
    config.addinivalue_line("markers", "hardening: a test that goes beyond its item's contract")
    config.addinivalue_line("markers", "stores(*names): run only on these of the chosen stores")
    config.addinivalue_line("markers", "workers: run also on a server with several processes")
    if any("/exercises/" in argument for argument in config.args):
        # Their names are numbers, which no import statement can say.
        config.option.importmode = "importlib"
    own = config.getoption("--app") or config.getoption("--url") or ""
    config.pluginmanager.register(reporting.Plugin(own), "roadmap")
    config.pluginmanager.register(posts_roadmap.Plugin(), "posts roadmap")
    if config.pluginmanager.hasplugin("xdist"):
        from tests.support import scheduling

        config.pluginmanager.register(scheduling, "scheduling")
    config.stash[LOWER] = add_lower_suites(config) if own else set()
    try:
        config.stash[OWN] = find_own(config)
    except StartError as error:
        reporting.write_error(config, own, str(error))
        raise pytest.UsageError(str(error)) from error


def add_lower_suites(config: pytest.Config) -> set[str]:
    """Let the suite of a level be run with those below it, which one's app still has to pass."""
    suites = {file.name: file for file in sorted(Path(__file__).parent.glob("test_level?_*.py"))}
    asked = [Path(arg.partition("::")[0]).name for arg in config.args]
    last = max((name for name in asked if name in suites), default="")
    lower = [name for name in suites if name < last and name not in asked]
    config.args[:0] = [str(suites[name]) for name in lower]
    return set(lower)


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
    gc.freeze()  # what is loaded now stays: no collector need look through it again
    own = session.config.stash[OWN]
    if own and not hasattr(session.config, "workerinput"):
        try:
            with TemporaryDirectory() as folder:
                own.check(Path(folder))
                if isinstance(own, IsolatedApp):
                    session.config.stash[reporting.NOTE] = find_stale_database(own, Path(folder))
        except StartError as error:
            reporting.write_error(session.config, own.name, str(error))
            raise pytest.UsageError(str(error)) from error


def find_targets(config: pytest.Config, level: int) -> list[Target]:
    """Return what the suite of a level runs on: that level and all later ones, or one's own app."""
    if own := config.stash[OWN]:
        return [own]
    from tests.course.in_process import Final, Level  # a second, which one's own app need not wait

    return [*map(Level, LEVELS[level - 1 :]), Final(FINAL)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    path = metafunc.definition.path.as_posix()
    suite = re.search(r"(?:/test_level|/exercises/)(\d+)", path)
    if suite and "target" in metafunc.fixturenames:
        targets = find_targets(metafunc.config, int(suite[1]))
        ids = [target.label for target in targets]
        # The scope makes pytest run what concerns one target in a row.
        metafunc.parametrize("target", targets, ids=ids, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what concerns only this repository when somebody checks their own app."""
    if config.stash[OWN]:
        core_only = config.getoption("--core")
        others = [i for i in items if not concerns_own(i, config.stash[LOWER], core_only)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def concerns_own(item: pytest.Item, lower: set[str], core_only: bool) -> bool:
    """Tell whether a test is about one's own app; of a lower level, only its contract is."""
    if (core_only or item.path.name in lower) and item.get_closest_marker("hardening"):
        return False
    return "target" in getattr(item, "fixturenames", ())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Start one's own app anew after a test that has failed and may have left disorder."""
    report = yield
    own = item.config.stash[OWN]
    if report.failed and own and SURPRISES:
        own.spoil()
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


@pytest.fixture(scope="module")
def lending(target: Target) -> Iterator[None]:
    """End what the tests of a file share."""
    yield
    target.end_lending()


@pytest.fixture
def visitor(target: Target, folder: Path, lending: None) -> Iterator[Visitor]:
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
