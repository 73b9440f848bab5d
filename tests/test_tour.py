"""The tour of `final`: experiments fail and exercises are solved as it says, and all is there."""

import re
import shlex
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.mutations.mistakes import Mistake, copy_tree
from tests.support.commands import ROOT, run_pytest
from tests.support.readmes import Block, blocks

TOUR = ROOT / "final" / "TOUR.md"
TEXT = TOUR.read_text("utf-8")
STEPS = {int(n): text for n, text in re.findall(r"^## (\d+)\. (.*?)(?=^## )", TEXT, re.M | re.S)}
EXERCISES = "tests/final/exercises"
# Where nothing is committed, no other test gets as far as the failure that it is about.
APART = {2}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this repository to try things in."""
    return copy_tree(ROOT, tmp_path_factory.mktemp("tour") / "tree")


def experiment(step: int) -> tuple[Mistake, list[str], re.Pattern[str]]:
    """Return what is changed in a step, which tests are run, and how they fail."""
    diff = next(block for block in blocks(STEPS[step]) if block.language == "diff")
    place = blocks(STEPS[step]).index(diff)
    command, failure = (block.text for block in blocks(STEPS[step])[place + 1 : place + 3])
    file, old, new = re.fullmatch(r"(.*)\n-(.*)\n\+(.*)\n", diff.text).groups()  # type: ignore[union-attr]
    pattern = re.escape(failure.rstrip()).replace(re.escape("..."), ".*")
    return Mistake(f"step {step}", file, old, new, []), shlex.split(command), re.compile(pattern)


@pytest.mark.parametrize("steps", [STEPS.keys() - APART, APART], ids=["together", "apart"])
def test_experiments_fail_as_the_tour_says(steps: set[int], tree: Path) -> None:
    """They are made together, for to begin takes longer than each of them."""
    commands = [experiment(step)[1] for step in steps]
    files = dict.fromkeys(command[1] for command in commands)
    with ExitStack() as stack:
        for step in steps:
            stack.enter_context(experiment(step)[0].planted(tree))
        words = " or ".join(command[3] for command in commands)
        run = run_pytest(*files, "-k", words, "--tb=short", pythonpath=tree, root=tree)
    failures = re.split(r"^_{3,} .* _{3,}$", run.stdout, flags=re.M)
    for step in steps:
        _, (_, file, _, _), pattern = experiment(step)
        found = [text for text in failures if f"\n{file}:" in text and pattern.search(text)]
        assert found, f"step {step} is to say {pattern.pattern}\n{run.stdout}"


def test_the_solutions_pass_the_checks(tree: Path) -> None:
    patches = [f"{EXERCISES}/step{step}.patch" for step in STEPS]
    subprocess.run(["git", "apply", *patches], cwd=tree, check=True)
    run = run_pytest(*(f"{EXERCISES}/step{step}.py" for step in STEPS), pythonpath=tree, root=tree)
    subprocess.run(["git", "apply", "--reverse", *reversed(patches)], cwd=tree, check=True)
    assert re.search(r"^\d+ passed in", run.stdout, re.M), run.stdout


def test_there_are_ten_steps_of_one_shape() -> None:
    assert list(STEPS) == list(range(1, 11))
    for step, text in STEPS.items():
        parts = ("\nRead `", "\nExperiment: ", "\nExercise: ", "\nLeft out, ")
        assert [text.count(part) for part in parts] == [1, 1, 1, 1], f"step {step}"
        check = f"pytest {EXERCISES}/step{step}.py"
        listings = [block.language for block in blocks(text)]
        assert listings == ["text", "diff", "bash", "text", "bash"], f"step {step}"
        assert blocks(text)[-1] == Block("bash", f"{check}\n")


def test_each_exercise_has_a_check_and_a_solution() -> None:
    for suffix in (".py", ".patch"):
        assert {file.stem for file in (ROOT / EXERCISES).glob(f"step*{suffix}")} == {
            f"step{step}" for step in STEPS
        }


def test_the_migration_of_an_exercise_comes_after_those_that_there_are() -> None:
    last = max((ROOT / "final" / "migrations" / "versions").glob("0*.py")).name[:4]
    patch = (ROOT / EXERCISES / "step4.patch").read_text("utf-8")
    numbers = re.findall(r'^\+(?:down_)?revision = "(\d+)"', patch, re.M)
    assert numbers == [f"{int(last) + 1:04}", last]


def test_every_file_to_read_is_there() -> None:
    named = re.findall(r"`((?:tests/)?[\w/]+(?:\.py|\.yml|\.conf\.py|/))`", TEXT)
    assert len(named) > 40
    missing = [
        name for name in named if not (ROOT / name).exists() and not (TOUR.parent / name).exists()
    ]
    assert missing == []


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)", TEXT)
    assert [target for target in targets if not (TOUR.parent / target).exists()] == []
    titles = re.findall(r"^## (\d.*)$", TEXT, re.M)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) == anchors
