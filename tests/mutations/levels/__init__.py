"""Plant the mistakes that learners make in copies of the levels, and see what the suites say.

python -m tests.mutations levels          all of them, as a table
python -m tests.mutations levels 3 17     only the third and the seventeenth
"""

import json
import re
import shutil
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from tests.course.levels import LEVELS
from tests.support.commands import run_pytest, without_lower

FILE = Path(__file__).with_name("mistakes.toml")

# What the table promises: shares in percent, and bounds for a single run.
RIGHT_ITEM, RIGHT_PLACE, SECONDS, LINES = 95, 70, 60, 120
# How far from a planted line a place may be that still leads to it.
NEAR = 12
# The item of an app that does not even start.
NO_START = "start"


@dataclass(frozen=True)
class LevelMistake:
    """A mistake in a file of a level, and the roadmap items that may notice it."""

    level: int
    items: list[str]
    says: str
    file: str
    changes: list[list[str]]

    @property
    def folder(self) -> Path:
        """Return the folder of the level."""
        return LEVELS[self.level - 1]

    def planted(self) -> str:
        """Return the code of the file with the mistake."""
        code = (self.folder / self.file).read_text("utf-8")
        for old, new in self.changes:
            assert old in code, f"{self.says}: {self.folder.name}/{self.file} has no {old!r}"
            code = code.replace(old, new)
        return code

    def lines(self) -> set[int]:
        """Return the numbers of the lines that differ, or that stand where some were taken out."""
        before = (self.folder / self.file).read_text("utf-8").splitlines()
        blocks = SequenceMatcher(None, before, self.planted().splitlines()).get_opcodes()
        return {n for tag, _, _, low, high in blocks if tag != "equal" for n in (low + 1, high)}


@dataclass(frozen=True)
class Outcome:
    """What a learner with the mistake is told: which items are open, where, how long and soon."""

    mistake: LevelMistake
    items: set[str]
    led: bool
    seconds: float
    lines: int
    output: str

    @property
    def right(self) -> bool:
        """Tell whether an item said it that should."""
        return bool(self.items & set(self.mistake.items))


def read_mistakes() -> list[LevelMistake]:
    """Read the list."""
    entries = tomllib.loads(FILE.read_text("utf-8"))["mistakes"]
    return [LevelMistake(**entry) for entry in entries]


def items_that_failed(results: Path) -> set[str]:
    """Read from the results of a run which items have a test that found something.

    A run that leaves no results has found nothing, whatever has ended it.
    """
    if not results.exists():
        return set()
    found = json.loads(results.read_text("utf-8"))
    if found["status"] == "error":
        return {NO_START}
    return {item["number"] for item in found["items"] if item["failures"]}


def leads_to(mistake: LevelMistake, output: str) -> bool:
    """Tell whether a text names the place, or the route that shows it and the file to look at."""
    places = re.findall(r"my_linkhub/(\w+\.py), line (\d+)", output)
    near = (abs(int(line) - at) <= NEAR for _, line in places for at in mistake.lines())
    files = {file for file, _ in places}
    look_at = "".join(re.findall(r"look at: (.*)", output))
    return (mistake.file in files and any(near)) or bool(files and mistake.file in look_at)


def try_out(mistake: LevelMistake) -> Outcome:
    """Plant a mistake in a copy and run its level's suite, as the learner would."""
    with tempfile.TemporaryDirectory(prefix="mistake") as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns("*.db", "__pycache__")
        copy = shutil.copytree(mistake.folder, folder / "my_linkhub", ignore=ignored)
        (copy / mistake.file).write_text(mistake.planted(), "utf-8")
        results = folder / "results.json"
        suite = f"test_{mistake.folder.name}.py"
        options = ["--app", "my_linkhub.main:app", f"--results={results}", *without_lower(suite)]
        begin = time.monotonic()
        run = run_pytest(f"tests/{suite}", *options, pythonpath=folder)
        seconds = time.monotonic() - begin
        items = items_that_failed(results)
    output = run.stdout + run.stderr
    led = leads_to(mistake, output)
    return Outcome(mistake, items, led, seconds, len(output.splitlines()), output)


def write_row(number: int, outcome: Outcome) -> str:
    """Write what came of a mistake as a line of the table."""
    verdict = "caught" if outcome.right else "wrong item" if outcome.items else "NOT CAUGHT"
    place = "line" if outcome.led else "-"
    items = ",".join(sorted(outcome.items))
    return (
        f"{number:3}  {verdict:10}  {place:4}  {outcome.seconds:5.1f} s  {outcome.lines:4} lines  "
        f"{outcome.mistake.items[0]:5}  {outcome.mistake.says}  [{items}]"
    )


def write_sum(outcomes: list[Outcome]) -> Iterator[str]:
    """Write what the table amounts to, and what of it is not as it should be."""
    right = 100 * sum(outcome.right for outcome in outcomes) / len(outcomes)
    led = 100 * sum(outcome.led for outcome in outcomes) / len(outcomes)
    slowest = max(outcome.seconds for outcome in outcomes)
    longest = max(outcome.lines for outcome in outcomes)
    yield f"{len(outcomes)} mistakes"
    yield f"{right:.0f} % caught by the right item (at least {RIGHT_ITEM})"
    yield f"{led:.0f} % lead to file and line (at least {RIGHT_PLACE})"
    yield f"the slowest run takes {slowest:.1f} s (at most {SECONDS})"
    yield f"the longest output has {longest} lines (at most {LINES})"


def is_good(outcomes: list[Outcome]) -> bool:
    """Tell whether all is as promised."""
    return (
        100 * sum(outcome.right for outcome in outcomes) >= RIGHT_ITEM * len(outcomes)
        and 100 * sum(outcome.led for outcome in outcomes) >= RIGHT_PLACE * len(outcomes)
        and all(o.seconds <= SECONDS and o.lines <= LINES for o in outcomes)
    )


def main(numbers: Iterable[int] = ()) -> int:
    """Print the table for all mistakes, or for those that are named."""
    every = dict(enumerate(read_mistakes(), 1))
    chosen = list(numbers) or list(every)
    outcomes = []
    with ThreadPoolExecutor(2) as pool:
        for number, outcome in zip(
            chosen, pool.map(try_out, (every[n] for n in chosen)), strict=True
        ):
            print(write_row(number, outcome), flush=True)
            outcomes.append(outcome)
    print("\n".join(write_sum(outcomes)))
    return 0 if is_good(outcomes) else 1
