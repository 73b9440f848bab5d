"""Apps in other styles than ours: the suites call the right ones right, and the wrong ones wrong.

Only the tests of the contracts run: hardening keeps no item open.
"""

import json
from pathlib import Path

import pytest

from tests.support.commands import ROOT, run_pytest

FOLDER = ROOT / "tests" / "own_apps"
SUITES = sorted(str(path) for path in (ROOT / "tests").glob("test_level[1-9]_*.py"))

RIGHT = {
    "first_steps": 1,
    "old_style": 1,
    "slashes": 1,
    "single_file": 2,
    "namespace_app.main": 2,
    "plain_sqlalchemy": 2,
    "tutorial_auth": 3,
    "bearer": 3,
    "pwdlib_auth": 3,
    "routers_app.main": 4,
    "everything": 5,
}
WRONG = {
    "envelope": (1, "1.4"),
    "in_memory": (2, "2.4"),
    "text_ids": (2, "2.2"),
    "plain_passwords": (3, "3.2"),
    "late_filter": (5, "5.2"),
}


def open_items(module: str, suites: list[str], results: Path) -> set[str]:
    """Run suites on one of the apps and return the items that it leaves open."""
    options = ["--app", f"{module}:app", "-m", "not hardening", f"--results={results}"]
    run = run_pytest(*suites, *options, pythonpath=FOLDER)
    assert results.exists(), run.stdout + run.stderr
    items = json.loads(results.read_text("utf-8"))["items"]
    assert any(item["status"] == "done" for item in items), run.stdout
    return {item["number"] for item in items if item["status"] in ("open", "waiting")}


@pytest.mark.parametrize("module", RIGHT)
def test_a_right_app_has_no_open_item(module: str, tmp_path: Path) -> None:
    assert open_items(module, SUITES[: RIGHT[module]], tmp_path / "results.json") == set()


@pytest.mark.parametrize("module", WRONG)
def test_a_wrong_app_is_told_which_item_is_open(module: str, tmp_path: Path) -> None:
    level, item = WRONG[module]
    assert item in open_items(module, SUITES[level - 1 : level], tmp_path / "results.json")


def test_every_app_has_its_verdict() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")}
    modules |= {f"{path.parent.name}.main" for path in FOLDER.glob("*/main.py")}
    assert modules == RIGHT.keys() | WRONG.keys()
