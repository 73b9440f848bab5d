"""The exercises of the levels: a check for each, in the manner of the suites, and a solution.

`2.1.py` checks an app; `2.1.patch` turns the level into one that passes.
"""

import subprocess
from pathlib import Path

from tests.course.levels import LEVELS

FOLDER = Path(__file__).parent
NUMBERS = sorted(file.stem for file in FOLDER.glob("[1-9].[1-9].py"))


def level_of(number: str) -> Path:
    """Return the folder of the level that an exercise begins with."""
    return LEVELS[int(number.partition(".")[0]) - 1]


def check_of(number: str) -> Path:
    """Return the file that checks an exercise."""
    return FOLDER / f"{number}.py"


def solution_of(number: str) -> Path:
    """Return the patch that solves an exercise."""
    return FOLDER / f"{number}.patch"


def solve(number: str, folder: Path) -> None:
    """Apply the solution to a copy of the level."""
    command = ["git", "apply", "--whitespace=nowarn", str(solution_of(number))]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
