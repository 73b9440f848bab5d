"""Bring a change of a level into the solutions of its exercises, which are patches against it."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.course.carry import Outcome, committed, working
from tests.course.exercises import NUMBERS, level_of, solution_of

# What git writes beside the lines of a patch: names twice, and the ids of blobs.
HEADERS = re.compile(rb"^(diff|index) .*\n", re.M)


def carry_solutions(levels: list[Path], revision: str = "HEAD") -> Iterator[Outcome]:
    """Write the solutions anew that do not apply any longer to these levels as they are."""
    for number in NUMBERS:
        if level_of(number) in levels:
            yield from carry_solution(solution_of(number), level_of(number), revision)


def carry_solution(patch: Path, level: Path, revision: str) -> Iterator[Outcome]:
    """Write a solution anew if it needs it: its lines and those of the change, side by side."""
    paths = re.findall(r"^--- a/(.*)$", patch.read_text("utf-8"), re.M)
    with TemporaryDirectory() as name:
        now, old, solved = (Path(name, part) for part in ("a", "old", "b"))
        for path in paths:
            write(now, path, working(level, path))
            write(old, path, committed(level, path, revision))
        if not apply(patch, now, "--check"):
            if apply(patch, old):
                merge(level, revision, paths, old, solved)
                patch.write_bytes(difference(Path(name)))
                yield Outcome(level, patch.name, "merged")
            else:
                yield Outcome(
                    level, patch.name, "CONFLICT", "It applies to no version: solve anew."
                )


def write(folder: Path, path: str, content: bytes | None) -> None:
    """Write a file, if there is one."""
    if content is not None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def apply(patch: Path, folder: Path, *options: str) -> bool:
    """Apply a patch; tell whether it could be done."""
    command = ["git", "apply", "--whitespace=nowarn", *options, str(patch)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def merge(level: Path, revision: str, paths: list[str], old: Path, solved: Path) -> None:
    """Write the files of the solution with the change in them; where both add, both stay."""
    for path in paths:
        write(solved, path, (old / path).read_bytes())
        write(solved, "base", committed(level, path, revision))
        write(solved, "theirs", working(level, path))
        command = ["git", "merge-file", "--union", path, "base", "theirs"]
        subprocess.run(command, cwd=solved, capture_output=True, check=True)
    for rest in ("base", "theirs"):
        (solved / rest).unlink()


def difference(folder: Path) -> bytes:
    """Return what leads from the level to its solution."""
    command = ["git", "diff", "--no-index", "--no-prefix", "--no-color", "--no-ext-diff", "a", "b"]
    run = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return HEADERS.sub(b"", run.stdout)
