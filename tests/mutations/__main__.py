"""Plant mistakes in a copy of the code, one after the other, and see which the tests notice.

python -m tests.mutations final            all of tests/mutations/final.toml
python -m tests.mutations final 3 17       only the third and the seventeenth
python -m tests.mutations final --root .   in another checkout
python -m tests.mutations levels           what the suites of the levels say to learners' mistakes
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.mutations import levels
from tests.mutations.mistakes import FOLDER, Mistake, copy_tree, read_mistakes

ROOT = FOLDER.parents[1]
SECONDS = 600
# What pytest's exit code says about a mistake; any other means that it never came to the tests.
VERDICTS = {0: "NOT CAUGHT", 1: "caught"}


def run_tests(tree: Path, tests: Iterable[str]) -> tuple[str, str]:
    """Run tests in a copy; return the verdict, and the first test that failed."""
    command = [sys.executable, "-m", "pytest", "-qx", "-rfE", "-p", "no:cacheprovider", *tests]
    try:
        run = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "BROKEN", "the tests never end"
    if run.returncode not in VERDICTS:
        return "BROKEN", run.stdout[-2000:]
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.MULTILINE)
    return VERDICTS[run.returncode], failed[1] if failed else ""


def try_out(mistakes: dict[int, Mistake], tree: Path) -> int:
    """Plant each mistake, say what came of it, and count those that were caught."""
    caught = 0
    for number, mistake in mistakes.items():
        with mistake.planted(tree):
            verdict, detail = run_tests(tree, mistake.tests)
        print(f"{number:3}  {verdict:10}  {mistake.says}", flush=True)
        if detail:
            print(f"{'':17}{detail}", flush=True)
        caught += verdict == "caught"
    return caught


def main(arguments: list[str]) -> int:
    """Check that the tests pass without any mistake, then try all that are asked for."""
    if arguments[:1] == ["levels"]:
        return levels.main(map(int, arguments[1:]))
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("list", help="a name (final), or the path of a list")
    parser.add_argument("numbers", type=int, nargs="*", help="only these mistakes")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to copy")
    options = parser.parse_args(arguments)
    named = FOLDER / f"{options.list}.toml"
    numbered = dict(enumerate(read_mistakes(named if named.exists() else Path(options.list)), 1))
    mistakes = {number: numbered[number] for number in options.numbers or numbered}
    with tempfile.TemporaryDirectory(prefix="mutations") as folder:
        tree = copy_tree(options.root, Path(folder) / "copy")
        every = sorted({test for mistake in mistakes.values() for test in mistake.tests})
        verdict, failed = run_tests(tree, every)
        if verdict != "NOT CAUGHT":
            print(f"The tests do not pass without a mistake: {failed}")
            return 2
        caught = try_out(mistakes, tree)
    print(f"{caught} of {len(mistakes)} caught")
    return int(caught < len(mistakes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
