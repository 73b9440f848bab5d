"""What a level adds to the one before: counted, as a diff to read, and as a patch to apply."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.course.levels import LEVELS, files_of

Files = dict[str, list[str]]


def read_level(folder: Path, pattern: str = "*.py") -> Files:
    """Read a level's files, by path, as lists of lines that are not blank."""
    return {
        file.relative_to(folder).as_posix(): [
            line for line in file.read_text("utf-8").splitlines() if line.strip()
        ]
        for file in sorted(folder.rglob(pattern))
    }


@dataclass(frozen=True)
class Step:
    """The way from one level to the next, counted in lines that are not blank."""

    before: int
    after: int
    kept: int
    hunks: int
    new_files: int
    gone_files: int

    @property
    def removed(self) -> int:
        """The lines of the level before that the level does not have."""
        return self.before - self.kept

    @property
    def survival(self) -> float:
        """The share of the level before that stands unchanged, in percent."""
        return 100 * self.kept / self.before


def compare(old: Files, new: Files) -> Step:
    """Count what a level keeps of the one before."""
    kept = hunks = 0
    for path in old.keys() | new.keys():
        matcher = SequenceMatcher(None, old.get(path, []), new.get(path, []), autojunk=False)
        kept += sum(block.size for block in matcher.get_matching_blocks())
        hunks += sum(tag != "equal" for tag, *_ in matcher.get_opcodes())
    before, after = (sum(len(lines) for lines in files.values()) for files in (old, new))
    return Step(before, after, kept, hunks, len(new.keys() - old), len(old.keys() - new))


def steps() -> Iterator[tuple[str, Step]]:
    """Yield each level but the first with the step that leads to it."""
    levels = [read_level(folder) for folder in LEVELS]
    for folder, old, new in zip(LEVELS[1:], levels[:-1], levels[1:], strict=True):
        yield folder.name, compare(old, new)


def write_table() -> Iterator[str]:
    """Write the steps as a table, line by line."""
    yield f"{'to':22}{'lines':>7}{'kept':>7}{'':>8}{'removed':>9}{'added':>7}{'hunks':>7}  files"
    for name, step in steps():
        files = f"+{step.new_files} -{step.gone_files}"
        yield (
            f"{name:22}{step.after:7}{step.kept:7}{step.survival:7.1f}%"
            f"{step.removed:9}{step.after - step.kept:7}{step.hunks:7}  {files}"
        )


def write_diff(first: Path, second: Path, path: str = "") -> Iterator[str]:
    """Write what differs between two levels, file by file or in one, without blank lines."""
    old, new = (read_level(level, path or "*.py") for level in (first, second))
    for name in sorted(old.keys() | new.keys()):
        lines = list(unified_diff(old.get(name, []), new.get(name, []), lineterm="", n=2))
        if lines:
            yield f"=== {name}" if name in old else f"=== {name} (a new file)"
            # Line numbers would be wrong, as the blank lines are left out.
            yield from ("@@" if line.startswith("@@") else line for line in lines[2:])


def copy_files(folder: Path, target: Path, path: str = "") -> None:
    """Copy the files of a folder that belong to it, or one of them: no database, no bytecode."""
    for name in files_of(folder):
        if path in ("", name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, target / name)


def make_patch(first: Path, second: Path, path: str = "") -> bytes:
    """Return a patch that turns a copy of one level, or one file of it, into the other."""
    with TemporaryDirectory() as folder:
        # git writes these two names into the patch, where it expects `a` and `b`.
        for level, name in ((first, "a"), (second, "b")):
            (Path(folder) / name).mkdir()
            copy_files(level, Path(folder) / name, path)
        command = ["git", "diff", "--no-index", "--no-prefix", "--no-color", "--no-ext-diff"]
        command += ["--binary", "a", "b"]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout
