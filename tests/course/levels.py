"""The levels as folders: their names say their order, and nothing else how many there are."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def number_of(level: Path) -> int:
    """Return the number in a level's name."""
    return int(level.name.removeprefix("level").partition("_")[0])


def find_levels(root: Path, having: str = "main.py") -> list[Path]:
    """Return the folders of the levels that have an app, or another file, in order."""
    folders = [path.parent for path in root.glob(f"level*_*/{having}")]
    return sorted((path for path in folders if re.match(r"level\d+_", path.name)), key=number_of)


LEVELS = find_levels(ROOT)
# Where a level is handed out to be built, its lesson is there and its app is not.
LESSONS = find_levels(ROOT, "README.md")


def levels_from(lesson: str) -> list[Path]:
    """Return the level that teaches a lesson, such as "auth", and all later ones."""
    return LEVELS[[level.name.partition("_")[2] for level in LEVELS].index(lesson) :]


def app_of(level: Path) -> str:
    """Return what uvicorn calls the app of a level."""
    return f"{level.name}.main:app"


def apps_from(lesson: str) -> list[str]:
    """Return the apps of the level that teaches a lesson and of all later ones."""
    return [app_of(level) for level in levels_from(lesson)]


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it printed."""
    command = ["git", *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, check=True, encoding="utf-8")
    return run.stdout


def files_of(folder: Path) -> list[str]:
    """Return the paths of a folder's files, without those that git is told to ignore."""
    listing = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(path for path in set(listing.split("\0")) - {""} if (folder / path).is_file())
