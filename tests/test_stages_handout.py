"""What students are handed runs without the rest of this repository, and gives nothing away."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.course.diffs import copy_files, read_level
from tests.course.handout import APP, hand_out
from tests.course.levels import LEVELS, levels_from, number_of
from tests.stages import cli

CHECK = Path(sys.executable).with_name("check-jsonschema")


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
class TestHandout:
    def test_holds_no_line_of_a_solution_to_come(self, level: Path, tmp_path: Path) -> None:
        hand_out(level, tmp_path)
        at = LEVELS.index(level)
        known = {line for each in LEVELS[:at] for lines in code(each).values() for line in lines}
        to_come = {line for each in LEVELS[at:] for lines in code(each).values() for line in lines}
        handed_out = {line for path in apps_in(tmp_path) for line in path.read_text().splitlines()}
        assert handed_out & (to_come - known) <= {"from fastapi import FastAPI", "app = FastAPI()"}

    def test_has_the_lessons_and_suites_so_far(self, level: Path, tmp_path: Path) -> None:
        hand_out(level, tmp_path)
        so_far = {each.name for each in LEVELS[: LEVELS.index(level) + 1]}
        assert {readme.parent.name for readme in tmp_path.glob("level*/README.md")} == so_far
        assert {suite.stem for suite in (tmp_path / "tests").glob("test_level*.py")} == {
            f"test_{name}" for name in so_far
        }
        assert not (tmp_path / "tests" / "final").exists()
        assert not (tmp_path / "final").exists()

    def test_links_to_nothing_that_stays_behind(self, level: Path, tmp_path: Path) -> None:
        hand_out(level, tmp_path)
        for readme in tmp_path.rglob("*.md"):
            targets = re.findall(r"\]\((?!http|#)([^)#]+)", readme.read_text("utf-8"))
            assert [target for target in targets if not (readme.parent / target).exists()] == []


def code(level: Path) -> dict[str, list[str]]:
    """Return a level's lines that say something of their own: not a lone bracket or word."""
    files = read_level(level).items()
    return {path: [line for line in lines if len(line.split()) > 1] for path, lines in files}


def apps_in(folder: Path) -> list[Path]:
    """Return the files of the apps in a handout."""
    return [file for file in folder.rglob("*.py") if "tests" not in file.parts]


def run_suite(level: Path, folder: Path, *options: str) -> set[str]:
    """Run a suite as a student does, and return the boxes of the checklist."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "pytest", "-m", "not hardening", f"tests/test_{level.name}.py"]
    command += options
    run = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return set(re.findall(r"^  \[(.)\] \d", run.stdout, re.M))


def test_a_suite_runs_where_it_is_handed_out(tmp_path: Path) -> None:
    level = levels_from("database")[0]
    hand_out(level, tmp_path)
    assert " " in run_suite(level, tmp_path, "--exitfirst")
    command = [sys.executable, "-m", "tests.learn", "docs", str(number_of(level))]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    shutil.rmtree(tmp_path / APP)
    copy_files(level, tmp_path / APP)
    assert run_suite(level, tmp_path) == {"x"}


def test_the_workflow_of_the_classroom_is_one_and_reports_each_item(tmp_path: Path) -> None:
    level = levels_from("auth")[0]
    hand_out(level, tmp_path, classroom=True)
    workflow = tmp_path / ".github" / "workflows" / "classroom.yml"
    check = [str(CHECK), "--builtin-schema", "vendor.github-workflows", str(workflow)]
    assert subprocess.run(check, capture_output=True, text=True, check=False).returncode == 0
    *_, reporter = steps = yaml.safe_load(workflow.read_text())["jobs"]["run-autograding-tests"][
        "steps"
    ]
    graded = [step for step in steps if "command-grader" in step.get("uses", "")]
    ids = [step["id"] for step in graded]
    assert reporter["with"]["runners"].split(",") == ids
    assert list(reporter["env"]) == [f"{step_id.upper()}_RESULTS" for step_id in ids]
    assert len(ids) > 10
    tests = [test for step in graded for test in step["with"]["command"].split() if "::" in test]
    assert [t for t in tests if not (tmp_path / t.partition("::")[0]).exists()] == []
    assert all("::" in step["with"]["command"] for step in graded)


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    run = CliRunner().invoke(cli, ["handout", "1", str(tmp_path)])
    assert run.exit_code == 2
    assert "is not empty" in run.output
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
