"""Judges one submission: the suites run in a process that has nothing of the grader's but time."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from tests.course.grading.similarity import prints_of
from tests.course.grading.submissions import SubmissionError, find_app, name_of, unpack
from tests.course.levels import LEVELS, ROOT
from tests.course.results import ItemResult, Results
from tests.course.roadmap import roadmap_of

FENCE = "COURSE_FENCE"
LARGEST_FILE = 100_000_000
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LINKHUB_LANG", "SYSTEMROOT", "PATHEXT", "COMSPEC")


class Verdict(TypedDict):
    """What is said of a submission."""

    submission: str
    app: str
    status: str
    message: str
    points: float
    max_points: float
    # How much of it, in percent, stands in the level, and in the submission most like it.
    like_level: int
    most_like: dict[str, Any] | None
    items: list[ItemResult]


@dataclass(frozen=True)
class Task:
    """What submissions are judged by."""

    level: int
    suite: str = ""
    app: str | None = None
    seconds: float = 120
    network: bool = False

    @property
    def tests(self) -> str:
        """The tests to run, those of lower levels included."""
        if self.suite:
            return str(ROOT / "tests" / "capstones" / self.suite)
        return str(ROOT / "tests" / f"test_{LEVELS[self.level - 1].name}.py")

    @property
    def model(self) -> Path:
        """The code of ours that submissions may be like."""
        if self.suite:
            return ROOT / "tests" / "capstones" / self.suite / "solution"
        return LEVELS[self.level - 1]


def judge(path: Path, task: Task) -> tuple[Results, frozenset[int]]:
    """Judge a submission; return its results and what tells how similar it is to others."""
    with tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        code = folder / "submission"
        # One folder down: what is handed in may be the package itself.
        inside = code / "handed_in"
        inside.mkdir(parents=True)
        try:
            unpack(path, inside)
            app = find_app(code, task.app)
        except SubmissionError as error:
            return failed(task, "", str(error)), prints_of(code)
        prints = prints_of(code)
        return run(task, app.name, app.root, folder), prints


def run(task: Task, app: str, root: Path, folder: Path) -> Results:
    """Run the suites on an app, and end them when their time is over."""
    results = folder / "results.json"
    command = [*without_network(task.network), sys.executable, "-P", "-m", "pytest", task.tests]
    command += ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--app", app]
    command += [
        "--rootdir",
        str(ROOT),
        "-c",
        str(ROOT / "pyproject.toml"),
        "--results",
        str(results),
    ]
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=bound_files if os.name == "posix" else None,
    )
    try:
        process.wait(task.seconds)
    except subprocess.TimeoutExpired:
        return failed(task, app, f"The tests were not done after {task.seconds:g} seconds.")
    finally:
        end(process)
    with contextlib.suppress(OSError, json.JSONDecodeError):
        read: Results = json.loads(results.read_text("utf-8"))
        return read if read["items"] else failed(task, app, read["message"])
    return failed(task, app, "The tests ended without a result.")


def end(process: subprocess.Popen[bytes]) -> None:
    """End the tests and all that they have started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def environment(folder: Path) -> Mapping[str, str]:
    """Return an environment with nothing of the grader's: a home, a place for files, a fence."""
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(temporary),
        "TEMP": str(temporary),
        "TMP": str(temporary),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        FENCE: os.sep,
    }


def bound_files() -> None:
    """Let no file grow beyond all measure."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def without_network(network: bool) -> list[str]:
    """Return what to put before a command so that it reaches nothing but itself."""
    return [] if network else list(private_network())


@cache
def private_network() -> tuple[str, ...]:
    """Find out whether this system lends a network that leads nowhere."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return ()
    up = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "-")
    tried = subprocess.run([*up, "true"], capture_output=True, check=False)
    return up if tried.returncode == 0 else ()


def failed(task: Task, app: str, message: str) -> Results:
    """Return the results of an app that could not be tested: every item is there, and open."""
    roadmap = roadmap_of(task.suite)
    items: list[ItemResult] = [
        {
            "number": item.number,
            "level": item.level,
            "title": item.text,
            "status": "untested",
            "core": {"passed": 0, "total": 0},
            "hardening": {"passed": 0, "total": 0},
            "blamed": [],
            "hint": item.hint,
            "failures": [],
        }
        for item in roadmap.items.values()
        if task.suite or int(item.level) <= task.level
    ]
    return {"app": app, "suite": task.suite, "status": "error", "message": message, "items": items}


def verdict_of(path: Path, results: Results) -> Verdict:
    """Begin what is said of a submission; points and likeness come later."""
    return {
        "submission": name_of(path),
        "app": results["app"],
        "status": results["status"],
        "message": results["message"],
        "points": 0,
        "max_points": 0,
        "like_level": 0,
        "most_like": None,
        "items": results["items"],
    }
