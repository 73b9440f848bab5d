"""What the running test has sent, what came back, and why it ends."""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

from tests.course.explain import Sent, Stop
from tests.course.failures import AppError, CrashError
from tests.course.places import Place, problem_of
from tests.course.sandbox import ROOT

# The requests of the running test and their answers, for the report of a failure.
EXCHANGES: list[Sent] = []

# Why the running test has ended, where it is known better than by its exception.
STOPS: list[Stop] = []

# What the app has taken from the running test although it should, or might, have refused it.
SURPRISES: list[str] = []


@dataclass
class Running:
    """The test that runs: its item, and the highest level that the run is about."""

    item: str | None = None
    level: str = "0"


RUNNING = Running()


def describe_body(options: dict[str, Any]) -> str:
    """Write what a request carries: JSON, a form, parameters or raw content."""
    parts = [options.get(key) for key in ("params", "json", "data", "content") if key in options]
    texts = (repr(part) if isinstance(part, bytes) else json.dumps(part) for part in parts)
    return " ".join(text if len(text) <= 500 else f"{text[:500]}..." for text in texts)


def describe(error: BaseException) -> AppError:
    """Say what went wrong in an app of this repository, and where."""
    problem = problem_of(error, ROOT)
    return CrashError(problem["message"], problem["places"])


def stop(
    message: str, item: str | None, *, expected: str = "", place: Place | None = None
) -> NoReturn:
    """Fail the test, in place of a long traceback, and say which roadmap item is to blame."""
    STOPS.append(Stop(message, item, expected, place))
    pytest.fail(message, pytrace=False)
