"""How parallel test processes share the work: file by file, the long ones first."""

from collections import Counter
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# Whoever imports from these starts other programs, and takes longer than others.
STARTERS = ("tests.support.processes", "tests.support.programs", "tests.support.commands")
# The stores of tests that share a server of several processes, whatever their file.
WORKERS = "+workers"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "FileScheduling | None":
    """Schedule by files, unless the command line chooses something else."""
    config.option.loadscopereorder = False  # the tests are in order already
    return FileScheduling(config, log) if config.getoption("dist") == "load" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort tests: first the files that take long, then those of many tests."""
    sizes = Counter(unit(item.nodeid) for item in items)
    long = set(long_units(items))

    def place(item: pytest.Item) -> tuple[bool, int]:
        name = unit(item.nodeid)
        return name not in long, -sizes[name]

    items.sort(key=place)


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Give a process whole files, in the order of the collection: what one starts is started once.

    Near the end only small files are left, so that no process waits long for another.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def unit(nodeid: str) -> str:
    """Name the piece of work that a test belongs to."""
    return WORKERS if WORKERS in nodeid else nodeid.partition("::")[0]


def starts_programs(module: ModuleType) -> bool:
    """Tell whether a file starts servers and the like."""
    return any(getattr(value, "__module__", None) in STARTERS for value in vars(module).values())


def long_units(items: Iterable[pytest.Item]) -> Iterable[str]:
    """Name the pieces of work that start programs, or whose tests are many in one."""
    yield WORKERS
    for item in items:
        if isinstance(item, pytest.Function) and (
            starts_programs(item.module) or hasattr(item.obj, "hypothesis")
        ):
            yield unit(item.nodeid)
