"""What the suites of the capstones share."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from httpx2 import Client

from tests.capstones.guest import Guest, Product, Start
from tests.capstones.products import PRODUCTS
from tests.capstones.targets import OwnApp, find_targets, with_settings
from tests.conftest import OWN
from tests.course.failures import StartError
from tests.course.target import Target

# Tests that a solution has of its own, for its own folder.
collect_ignore_glob = ["*/solution/*"]


def product_of(module_name: str) -> str:
    """Return which product a suite is about: the folder that it is in."""
    return module_name.split(".")[-2]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a suite on its reference solution and on `final`, or on one's own app."""
    if "target" in metafunc.fixturenames:
        targets = find_targets(metafunc.config.stash[OWN], product_of(metafunc.module.__name__))
        ids = [target.label for target in targets]
        metafunc.parametrize("target", targets, ids=ids, scope="session")


@pytest.fixture
def product(request: pytest.FixtureRequest) -> Product:
    """Return what the suite is about."""
    return PRODUCTS[product_of(request.module.__name__)]


@pytest.fixture(scope="module")
def lent(target: Target, folder: Path) -> Iterator[Client | None]:
    """Yield a client for an app of this repository, which runs for a whole file of tests."""
    if not isinstance(target, OwnApp):
        yield None
        return
    with target.running(folder) as http:
        yield http


@pytest.fixture
def visitor(target: Target, product: Product, folder: Path, lent: Client | None) -> Iterator[Guest]:
    """Yield somebody who is not logged in; the app may have data of other visitors."""
    if lent:
        yield Guest(lent, target.name, product)
        return
    try:
        with with_settings(target, {}), target.lent(folder) as http:
            yield Guest(http, target.name, product)
    except StartError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where an app that is started for one test alone keeps its files."""
    return tmp_path_factory.mktemp("alone")


@pytest.fixture
def start(target: Target, product: Product, own_folder: Path) -> Start:
    """Return a function that starts the app: called twice, it restarts it on the same data."""
    starts = count()

    @contextmanager
    def start_app(**settings: str) -> Iterator[Guest]:
        try:
            with (
                with_settings(target, settings),
                target.running(own_folder, again=next(starts) > 0) as http,
            ):
                yield Guest(http, target.name, product)
        except StartError as error:
            pytest.fail(str(error), pytrace=False)

    return start_app


@pytest.fixture
def admin(visitor: Guest) -> Guest:
    """Return the administrator."""
    return visitor.as_admin()
