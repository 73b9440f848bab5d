"""What a learner's folder has beside the code: files to look at, commands to run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.capstones.targets import Final, Solution
from tests.course.sandbox import ROOT, find_source
from tests.course.target import RunningServer, Target

SKIPPED = {".venv", "venv", "node_modules", "__pycache__", ".git"}


def folder_of(target: Target) -> Path:
    """Return the folder that an app is in, with all that belongs to it."""
    if isinstance(target, RunningServer):
        pytest.skip("the tests cannot look into a server's folder: use --app")
    if isinstance(target, Final):
        return ROOT
    if isinstance(target, Solution):
        return ROOT.joinpath(*target.name.split(".")[:-1])
    source = find_source(target.name)
    assert source is not None
    return source.folder


def files(folder: Path, pattern: str) -> list[Path]:
    """List the files whose name fits a pattern, the nearest first."""
    found = [path for path in walk(folder) if path.match(pattern)]
    return sorted(found, key=lambda path: (len(path.parts), path))


def walk(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, but for what other programs keep there."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (Path(parent, name) for name in names)


def need(folder: Path, pattern: str) -> Path:
    """Return the file that fits a pattern, or fail."""
    found = files(folder, pattern)
    if not found:
        pytest.fail(f"there is no {pattern} in {folder}", pytrace=False)
    return found[0]


def need_words(file: Path, *words: str) -> None:
    """Fail unless all words are in a file."""
    text = file.read_text("utf-8").lower()
    missing = [word for word in words if word.lower() not in text]
    if missing:
        pytest.fail(f"{file.name} does not mention {', '.join(missing)}", pytrace=False)


def run(folder: Path, *arguments: str, **environment: str) -> None:
    """Run a module of Python where a learner would, and fail when it does."""
    command = [sys.executable, "-m", *arguments]
    paths = os.pathsep.join([str(ROOT), *sys.path[:1], os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": paths} | environment
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{' '.join(arguments)} had not ended after 120 s", pytrace=False)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-15:]
        text = "\n  ".join(lines)
        pytest.fail(f"{' '.join(arguments)} failed in {folder}:\n  {text}", pytrace=False)
