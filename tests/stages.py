"""What a level adds to the one before.

python -m tests.stages        a table: how much of each level stands unchanged in the next
python -m tests.stages 2 3    the lesson of level 3 as a diff, without blank lines and READMEs
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEVELS = sorted(path for path in ROOT.glob("level[0-9]_*") if path.is_dir())
COLOURS = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m", "=": "\033[1m"}

Files = dict[str, list[str]]


def read_level(folder: Path) -> Files:
    """Read a level's Python files, by path, as lists of lines that are not blank."""
    return {
        file.relative_to(folder).as_posix(): [
            line for line in file.read_text("utf-8").splitlines() if line.strip()
        ]
        for file in sorted(folder.rglob("*.py"))
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
    """Write the table, line by line."""
    yield f"{'to':22}{'lines':>7}{'kept':>7}{'':>8}{'removed':>9}{'added':>7}{'hunks':>7}  files"
    for name, step in steps():
        files = f"+{step.new_files} -{step.gone_files}"
        yield (
            f"{name:22}{step.after:7}{step.kept:7}{step.survival:7.1f}%"
            f"{step.removed:9}{step.after - step.kept:7}{step.hunks:7}  {files}"
        )


def write_diff(first: Path, second: Path) -> Iterator[str]:
    """Write the difference between two levels, line by line, file by file."""
    old, new = read_level(first), read_level(second)
    for path in sorted(old.keys() | new.keys()):
        lines = list(unified_diff(old.get(path, []), new.get(path, []), lineterm="", n=2))
        if lines:
            yield f"=== {path}" if path in old else f"=== {path} (a new file)"
            # Line numbers would be wrong, as the blank lines are left out.
            yield from ("@@" if line.startswith("@@") else line for line in lines[2:])


def coloured(line: str) -> str:
    """Give a line of a diff the colour of its kind."""
    return f"{COLOURS[line[0]]}{line}\033[0m" if line[:1] in COLOURS else line


def main(arguments: list[str]) -> None:
    """Print the table, or the diff of the two levels that are named by number."""
    if not arguments:
        print("\n".join(write_table()))
        return
    try:
        first, second = ([1, 2, 3, 4, 5].index(int(number)) for number in arguments)
    except ValueError:
        sys.exit(__doc__)
    in_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for line in write_diff(LEVELS[first], LEVELS[second]):
        print(coloured(line) if in_colour else line)


if __name__ == "__main__":
    main(sys.argv[1:])
