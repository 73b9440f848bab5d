"""Plant the mistakes that learners make in copies of the solutions, and see what the suites say.

python -m tests.capstones.mistakes                all of them, as a table
python -m tests.capstones.mistakes posts          those in one solution
python -m tests.capstones.mistakes posts 3 17     only the third and the seventeenth of these
"""

import json
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.support.commands import run_pytest

FOLDER = Path(__file__).parent
# The share of mistakes that the right item has to notice, in percent.
RIGHT_ITEM = 95


@dataclass(frozen=True)
class Mistake:
    """A mistake in a solution, and the roadmap items that may notice it."""

    product: str
    items: list[str]
    says: str
    file: str
    changes: list[list[str]]

    def planted(self) -> str:
        """Return the code of the file with the mistake."""
        code = (FOLDER / self.product / "solution" / self.file).read_text("utf-8")
        for old, new in self.changes:
            assert old in code, f"{self.says}: {self.product}/{self.file} has no {old!r}"
            code = code.replace(old, new)
        return code


@dataclass(frozen=True)
class Outcome:
    """What a learner with the mistake is told."""

    mistake: Mistake
    items: list[str]
    output: str

    @property
    def right(self) -> bool:
        """Tell whether an item said it that should."""
        return not set(self.items).isdisjoint(self.mistake.items)


def read_mistakes(product: str = "") -> list[Mistake]:
    """Read the list, or what of it is in one solution."""
    entries = tomllib.loads((FOLDER / "mistakes.toml").read_text("utf-8"))["mistakes"]
    mistakes = [Mistake(**entry) for entry in entries]
    return [mistake for mistake in mistakes if product in ("", mistake.product)]


def copy_with(mistake: Mistake, folder: Path) -> Path:
    """Copy a solution to where a learner's own app would be, and plant a mistake in it."""
    product = mistake.product
    ignored = shutil.ignore_patterns("*.db", "__pycache__", "media")
    copy = shutil.copytree(FOLDER / product / "solution", folder / f"my_{product}", ignore=ignored)
    (copy / mistake.file).write_text(mistake.planted(), "utf-8")
    for file in (*copy.rglob("*.py"), *copy.rglob("*.ini")):
        code = file.read_text("utf-8").replace(f"tests.capstones.{product}.solution", copy.name)
        file.write_text(code.replace("%(here)s/../../../..", "%(here)s/.."), "utf-8")
    return copy


def suite_for(mistake: Mistake) -> list[str]:
    """Return the files that somebody runs who has come to the item of a mistake."""
    folder = FOLDER / mistake.product
    stage = int(mistake.items[0].partition(".")[0])
    before = [f"test_stage{number}_*.py" for number in range(1, stage + 1)]
    found = [str(file) for pattern in before for file in folder.glob(pattern)]
    return found or [str(folder)]


def try_out(mistake: Mistake, *options: str) -> Outcome:
    """Plant a mistake in a copy and run its suite, as the learner would."""
    with tempfile.TemporaryDirectory(prefix="mistake") as name:
        copy = copy_with(mistake, Path(name))
        suite, app, file = suite_for(mistake), f"{copy.name}.main:app", Path(name, "results.json")
        command = [*suite, "--app", app, f"--results={file}", *options]
        run = run_pytest(*command, pythonpath=Path(name))
        results = json.loads(file.read_text("utf-8")) if file.exists() else {"items": []}
    items = [item["number"] for item in results["items"] if item["status"] == "open"]
    return Outcome(mistake, items, run.stdout + run.stderr)


def write_row(number: int, outcome: Outcome) -> str:
    """Write what came of a mistake as a line of the table."""
    verdict = "caught" if outcome.right else "wrong item" if outcome.items else "NOT CAUGHT"
    mistake, items = outcome.mistake, " ".join(outcome.items)
    return f"{number:3}  {mistake.product:11}  {verdict:10}  {mistake.says}  [{items}]"


def main(product: str = "", numbers: Iterable[int] = ()) -> int:
    """Print the table for all mistakes, or for those that are named."""
    every = dict(enumerate(read_mistakes(product), 1))
    chosen = list(numbers) or list(every)
    right = 0
    with ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(try_out, (every[number] for number in chosen))
        for number, outcome in zip(chosen, outcomes, strict=True):
            print(write_row(number, outcome), flush=True)
            right += outcome.right
    share = 100 * right / len(chosen)
    print(f"{right} of {len(chosen)} caught by the right item: {share:.0f} %")
    return int(share < RIGHT_ITEM)


if __name__ == "__main__":
    product, *numbers = sys.argv[1:] or [""]
    sys.exit(main(product, map(int, numbers)))
