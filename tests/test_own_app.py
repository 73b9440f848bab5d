"""The suites on a learner's own code and on a learner's own server."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.commands import ROOT, run_pytest, serve
from tests.support.ports import free_port

SUITE = "tests/test_level3_auth.py"

Change = tuple[str, str, str]


@pytest.fixture
def own_app(tmp_path: Path) -> Callable[..., str]:
    """Return a function that makes a copy of level 3, with changes, and returns its name."""

    def copy(*changes: Change) -> str:
        ignored = shutil.ignore_patterns("*.db", "__pycache__")
        shutil.copytree(ROOT / "level3_auth", tmp_path / "my_linkhub", ignore=ignored)
        for name, old, new in changes:
            file = tmp_path / "my_linkhub" / name
            code = file.read_text("utf-8")
            assert old in code
            file.write_text(code.replace(old, new), "utf-8")
        return "my_linkhub.main:app"

    return copy


def marks(output: str) -> dict[str, str]:
    """Return the boxes of the checklist by the numbers of their items."""
    return {number: box for box, number in re.findall(r"\[(.)\] (\d\.\d)", output)}


def check(app: str, folder: Path, *options: str) -> str:
    """Run the suite of level 3 on an app and return what a learner reads."""
    run = run_pytest(SUITE, "--app", app, *options, pythonpath=folder)
    return run.stdout + run.stderr


def test_a_good_app_gets_every_box_ticked(own_app: Callable[..., str], tmp_path: Path) -> None:
    output = check(own_app(), tmp_path)
    for line in ("Level 1: The foundation (4/4)", "Level 3: Security and authentication (4/4)"):
        assert line in output
    assert "failed" not in output


def test_a_missing_route_is_named_with_its_item(
    own_app: Callable[..., str], tmp_path: Path
) -> None:
    app = own_app(("auth.py", '@router.post("/token", response_model=Token)\n', ""))
    output = check(app, tmp_path)
    assert "POST /auth/token answered 404: item 3.3 is not there yet" in output
    found = marks(output)
    assert "".join(found[number] for number in ("3.1", "3.2", "3.3", "3.4")) == "-x -"
    assert "Next: 3.3 POST /auth/token" in output
    assert "\nhint: " in output
    assert "Traceback" not in output


def test_an_app_of_one_route_is_told_one_thing_to_do_next(tmp_path: Path) -> None:
    code = """
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/")
        def read_root():
            print("very much " * 1000)
            return {"message": "Welcome to LinkHub API"}
    """
    (tmp_path / "one.py").write_text(dedent(code), "utf-8")
    file = tmp_path / "results.json"
    output = check("one:app", tmp_path, "--results", str(file))
    assert "Next: 1.4 " in output
    assert output.count("hint: ") == 1
    assert len(output.splitlines()) <= 120
    results = json.loads(file.read_text("utf-8"))
    assert (results["app"], results["status"]) == ("one:app", "failed")
    assert [i["number"] for i in results["items"] if i["status"] == "done"] == ["1.1", "1.2"]


def test_an_old_database_is_named_and_left_alone(
    own_app: Callable[..., str], tmp_path: Path
) -> None:
    app, file = own_app(), tmp_path / "my_linkhub" / "linkhub.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE link (id INTEGER PRIMARY KEY, title TEXT)")
    before = file.read_bytes()
    output = check(app, tmp_path, "-k", "test_saves_a_link")
    assert "newer than your own database, my_linkhub/linkhub.db" in output
    assert "delete the file and start again" in output
    assert file.read_bytes() == before
    assert {path.name for path in (tmp_path / "my_linkhub").iterdir() if path.is_dir()} == set()


def test_a_wrong_status_is_shown_with_request_and_answer(
    own_app: Callable[..., str], tmp_path: Path
) -> None:
    app = own_app(("auth.py", "status.HTTP_201_CREATED", "status.HTTP_200_OK"))
    output = check(app, tmp_path, "-k", "test_says_created", "--all")
    assert 'POST /auth/register {"username": ' in output
    assert "expected 201" in output
    assert 'got      200 {"id":' in output


def test_a_crash_names_the_line_of_the_learners_code(
    own_app: Callable[..., str], tmp_path: Path
) -> None:
    app = own_app(("main.py", "    session.add(link)\n", "    session.ad(link)\n"))
    output = check(app, tmp_path, "-k", "test_saves_a_link")
    assert "the app crashed: AttributeError" in output
    assert "my_linkhub/main.py, line " in output
    assert "session.ad(link)" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("models.py", "class Link(", "class Link(("), "SyntaxError"),
        (("main.py", "app = ", "api = "), "name 'app' is not defined"),
        (("main.py", "from .models import Link", "from .tables import Link"), "my_linkhub.tables"),
    ],
)
def test_an_app_that_cannot_be_imported_gets_one_clear_message(
    own_app: Callable[..., str], tmp_path: Path, change: Change, message: str
) -> None:
    output = check(own_app(change), tmp_path)
    assert "my_linkhub.main:app cannot be imported." in output
    assert message in output
    assert "Traceback" not in output
    assert len(output.splitlines()) < 12


def test_an_app_that_is_not_there_gets_one_clear_message(tmp_path: Path) -> None:
    output = check("nowhere.main:app", tmp_path)
    assert "nowhere.main:app cannot be imported." in output
    assert "No module named 'nowhere.main'" in output


def test_a_server_is_checked_through_its_address(tmp_path: Path) -> None:
    with serve("level5_polish.main:app", tmp_path) as url:
        first, again = (run_pytest("tests/test_level5_polish.py", "--url", url) for _ in range(2))
    assert first.returncode == 0, first.stdout
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize("name", ["my_linkhub", "my_linkhub/main.py", "my_linkhub.main:status"])
def test_a_name_that_is_no_app_gets_one_clear_message(
    own_app: Callable[..., str], tmp_path: Path, name: str
) -> None:
    own_app()
    output = check(name, tmp_path)
    assert "module:app" in output or "is no app" in output
    assert len(output.splitlines()) < 7


def test_the_tests_of_this_repository_leave_own_apps_alone(
    own_app: Callable[..., str], tmp_path: Path
) -> None:
    run = run_pytest("tests", "--app", own_app(), "--collect-only", pythonpath=tmp_path)
    assert set(re.findall(r"tests/(\w+)\.py", run.stdout)) == {
        file.stem for file in Path(__file__).parent.glob("test_level[0-9]*.py")
    }


def test_a_server_that_does_not_run_gets_one_clear_message() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    run = run_pytest(SUITE, "--url", url)
    assert f"No server answers at {url}" in run.stderr
    assert "Traceback" not in run.stderr
