"""The tutor beside a capstone, an app that does not start, and a server."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests import learn
from tests.course.results import Count, ItemResult, Results
from tests.course.roadmap import roadmap_of
from tests.course.watching import Watcher
from tests.support.commands import serve
from tests.support.programs import uvicorn_command

APP = "my_books:app"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make an app without a route, in the folder that one is in; return its name."""
    (tmp_path / "my_books.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n", "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return APP


def check_first_item(app: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Look at an app as at a bookshelf, and find that all is still to be done."""
    assert learn.main(["check", app, "--suite", "booktracker"]) == 1
    shown = capsys.readouterr().out
    assert "Stage 1 [..........] 0/3 Accounts  <- you are here" in shown
    assert "Next: 1.1 POST /auth/register opens an account" in shown
    assert "POST /auth/register answered 404" in shown


def test_a_capstone_is_led_through(app: str, capsys: pytest.CaptureFixture[str]) -> None:
    check_first_item(app, capsys)


def test_a_server_is_looked_at(
    app: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(app, tmp_path, uvicorn_command) as url:
        check_first_item(url, capsys)


def test_there_are_four(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn.main(["hint", APP, "--suite", "paint"]) == 1
    said = capsys.readouterr().err
    assert "There is no capstone paint: they are booktracker posts shortener userhub." in said


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    """Return a watcher of a capstone."""
    console = Console(file=io.StringIO(), width=80, height=24)
    return Watcher(APP, tmp_path, console, "posts")


def take(watcher: Watcher, status: Any, message: str = "") -> str:
    """Let a run end with everything done, or with an error; return what is shown."""
    done: Count = {"passed": 1, "total": 1}
    items = [
        ItemResult(
            number=number,
            level=item.level,
            title=item.text,
            status="done",
            core=done,
            hardening=done,
            blamed=[],
            hint="",
            failures=[],
        )
        for number, item in roadmap_of("posts").items.items()
        if status == "passed"
    ]
    results = Results(app=APP, suite="posts", status=status, message=message, items=items)
    watcher.take(watcher.run, results)  # type: ignore[arg-type]  # no run is under way
    return shown(watcher)


def shown(watcher: Watcher) -> str:
    """Return what the watcher has written so far."""
    assert isinstance(watcher.console.file, io.StringIO)
    return watcher.console.file.getvalue()


def test_a_capstone_that_is_done_is_praised(watcher: Watcher) -> None:
    text = take(watcher, "passed")
    assert "Stage 10 [##########]" in text
    assert f"{roadmap_of('posts').title} is done." in text


def test_its_page_is_the_lesson(watcher: Watcher) -> None:
    assert watcher.press("d")
    assert "pytest tests/capstones/posts --app my_posts.main:app" in shown(watcher)


def test_an_app_that_does_not_start_has_hints(watcher: Watcher) -> None:
    assert "hint, " not in take(watcher, "error", "SyntaxError: invalid syntax")
    assert watcher.press("h")
    assert "hint, idea: Python runs your file line by line" in shown(watcher)
    assert watcher.press("h")
    assert "hint, where: In the line named above" in shown(watcher)
