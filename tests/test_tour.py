"""The tour of `final`: each experiment fails as it says, each file and link is there."""

import re
import shlex
from pathlib import Path

import pytest

from tests.mutations.mistakes import Mistake, copy_tree
from tests.support.commands import ROOT, run_pytest
from tests.support.readmes import blocks

TOUR = ROOT / "final" / "TOUR.md"
TEXT = TOUR.read_text("utf-8")
STEPS = re.findall(r"^## (\d+\. .*?)$(.*?)(?=^## )", TEXT, re.M | re.S)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this repository to experiment in."""
    return copy_tree(ROOT, tmp_path_factory.mktemp("tour") / "tree")


@pytest.mark.parametrize(("title", "step"), STEPS, ids=[title for title, _ in STEPS])
def test_an_experiment_fails_as_the_tour_says(title: str, step: str, tree: Path) -> None:
    change, command, failure = (block.text for block in blocks(step)[-3:])
    file, old, new = re.fullmatch(r"(.*)\n-(.*)\n\+(.*)\n", change).groups()  # type: ignore[union-attr]
    experiment = Mistake(title, file, old, new, [])
    with experiment.planted(tree):
        arguments = shlex.split(command)[1:]
        run = run_pytest(*arguments, "-x", "--tb=short", pythonpath=tree, root=tree)
    pattern = re.escape(failure.rstrip()).replace(re.escape("..."), ".*")
    assert re.search(pattern, run.stdout), run.stdout


def test_there_are_ten_steps_of_one_shape() -> None:
    assert len(STEPS) == 10
    for title, step in STEPS:
        for part in ("\nRead `", "\nExperiment: ", "\nExercise: ", "\nLeft out, "):
            assert step.count(part) == 1, f"{title}: {part.strip()}"


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
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title, _ in STEPS}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) == anchors
