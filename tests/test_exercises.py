"""The exercises can be solved: each check fails on the level, and passes with the solution."""

import importlib.util
import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.course.exercises import FOLDER, NUMBERS, check_of, level_of, solve
from tests.course.in_process import Level
from tests.course.levels import LEVELS
from tests.course.visitor import Visitor
from tests.support.commands import run_pytest

Check = Callable[..., None]


def checks(number: str) -> list[Check]:
    """Import the tests of an exercise."""
    spec = importlib.util.spec_from_file_location(f"exercise_{number}", check_of(number))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [value for name, value in vars(module).items() if name.startswith("test_")]


def run(check: Check, app: Level, folder: Path) -> None:
    """Call a test with what it asks for: a visitor, a writer, or a way to start the app."""
    starts = count()

    @contextmanager
    def start() -> Iterator[Visitor]:
        with app.running(folder, again=next(starts) > 0) as http:
            yield Visitor(http, app.name)

    def call(visitor: Visitor | None) -> None:
        offers: dict[str, Any] = {"start": start, "visitor": visitor}
        if visitor and "writer" in inspect.signature(check).parameters:
            offers["writer"] = visitor.as_writer()
        check(**{name: offers[name] for name in inspect.signature(check).parameters})

    if "start" in inspect.signature(check).parameters:
        call(None)
    else:
        with start() as visitor:
            call(visitor)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_passes(number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = f"solution_{number.replace('.', '_')}"
    ignored = shutil.ignore_patterns("*.db", "__pycache__")
    solve(number, shutil.copytree(level_of(number), tmp_path / package, ignore=ignored))
    monkeypatch.syspath_prepend(tmp_path)
    for check in checks(number):
        run(check, Level(f"{package}.main:app"), tmp_path)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_level_itself_does_not_pass(number: str, tmp_path: Path) -> None:
    app = Level(f"{level_of(number).name}.main:app")
    failed = 0
    for check in checks(number):
        try:
            run(check, app, tmp_path)
        except (AssertionError, KeyError, pytest.fail.Exception):
            failed += 1
    assert failed


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_the_readme_has_the_exercises_that_can_be_checked(level: Path) -> None:
    text = (level / "README.md").read_text("utf-8").partition("## Exercises")[2]
    listed = re.findall(r"^(\d)\. ", text, re.M)
    own = [number.partition(".")[2] for number in NUMBERS if level_of(number) == level]
    assert listed == own
    assert sorted(file.stem for file in FOLDER.glob("*.patch")) == NUMBERS


def test_a_check_runs_on_ones_own_app() -> None:
    check = str(check_of("1.1").relative_to(Path.cwd()))
    output = run_pytest(check, "--app", "level1_basics.main:app").stdout
    assert "3 failed" in output
    assert "Not yet: " in output
