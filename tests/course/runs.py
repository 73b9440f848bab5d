"""Runs of the suites in a process of their own, which leave their results behind."""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.course.explain import ROUTE
from tests.course.levels import LESSONS, ROOT
from tests.course.processes import ADDRESS, CAN_FORK, fork_server
from tests.course.results import ItemResult, Results, next_item
from tests.course.roadmap import CAPSTONES as CAPSTONE_ROADMAPS
from tests.course.roadmap import roadmap_of

HIGHEST = len(LESSONS)


CAPSTONES = sorted(file.stem for file in CAPSTONE_ROADMAPS.glob("*.toml"))


def suite_of(level: int, capstone: str = "") -> str:
    """Return the suite of a capstone, or that of a level, which runs those below as well."""
    if capstone:
        return f"tests/capstones/{capstone}"
    return f"tests/test_{LESSONS[level - 1].name}.py"


class Run:
    """A run of a suite on an app: it can be waited for, or ended before it is done."""

    def __init__(self, app: str, tests: str, *options: str) -> None:
        self.app = app
        handle, self.file = tempfile.mkstemp(suffix=".json", prefix="results-")
        os.close(handle)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        command += [tests, kind_of(app), app, "--results", self.file, *options]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            **group_of_its_own(),
        )

    def results(self) -> Results:
        """Wait for the end and return the results."""
        output, _ = self.process.communicate()
        file = Path(self.file)
        text = file.read_text("utf-8")
        file.unlink()
        if text:
            results: Results = json.loads(text)
            return results
        last = output.strip().splitlines()[-8:]
        message = "The tests could not run:\n" + "\n".join(last)
        return {"app": self.app, "suite": "", "status": "error", "message": message, "items": []}

    def end(self) -> None:
        """End the run: something else is more urgent.

        Whoever waits for its results reads its output to the end; two cannot read it.
        """
        self.process.kill()
        self.process.wait()
        Path(self.file).unlink(missing_ok=True)


def kind_of(app: str) -> str:
    """Return the option for an app of this name, or for a server at this address."""
    return "--url" if app.startswith(("http://", "https://")) else "--app"


def environment() -> dict[str, str]:
    """Return what the run finds in its environment: the folder it was asked for in, for one."""
    paths = [os.getcwd(), str(ROOT), os.environ.get("PYTHONPATH", "")]
    values = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    return values | ({ADDRESS: fork_server()} if CAN_FORK else {})


def group_of_its_own() -> dict[str, Any]:
    """Keep Ctrl+C from a run: whoever has started it ends it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def check(app: str, level: int, *options: str) -> Results:
    """Run the suite of a level to its end."""
    return Run(app, suite_of(level), *options).results()


def level_reached(results: Results) -> int:
    """Return the level that is being worked on: the first that is not done, or one begun since."""
    by_level: dict[int, list[ItemResult]] = defaultdict(list)
    for item in results["items"]:
        by_level[int(item["level"])].append(item)
    unfinished = [n for n, items in by_level.items() if any(i["status"] != "done" for i in items)]
    begun = [n for n, items in by_level.items() if any(map(is_begun, items))]
    return max([min(unfinished, default=HIGHEST), *begun])


def stage_reached(results: Results) -> int:
    """Return the stage of a capstone that is being worked on."""
    following = next_item(results)
    return int((following or results["items"][-1])["level"])


def is_begun(item: ItemResult) -> bool:
    """Tell whether an app has the route that an item adds."""
    missing = any(finding["expected"] == ROUTE for finding in item["failures"])
    adds_some = bool(roadmap_of("").items[item["number"]].routes)
    return adds_some and item["core"]["passed"] > 0 and not missing


def run_exercise(app: str, file: Path) -> int:
    """Run the check of an exercise, whose words are for the terminal; return how it ended."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += [str(file), kind_of(app), app, f"--rootdir={ROOT}"]
    return subprocess.run(command, env=environment(), cwd=ROOT, check=False).returncode
