"""The mistakes of learners can still be planted, and the suites notice them.

All of them: python -m tests.mutations levels
"""

import pytest

from tests.mutations.levels import (
    LINES,
    LevelMistake,
    Outcome,
    is_good,
    read_mistakes,
    try_out,
    write_row,
)

MISTAKES = {mistake.says: mistake for mistake in read_mistakes()}


@pytest.mark.parametrize("mistake", read_mistakes(), ids=lambda mistake: mistake.says)
def test_a_mistake_can_be_planted(mistake: LevelMistake) -> None:
    code = mistake.planted()
    assert code != (mistake.folder / mistake.file).read_text("utf-8")
    assert compile(code, mistake.file, "exec")
    assert mistake.lines()


@pytest.mark.parametrize(
    "says", ["The link is never appended", "The owner comes from the body", "A route crashes"]
)
def test_a_sample_is_caught_by_the_right_item(says: str) -> None:
    outcome = try_out(MISTAKES[says])
    assert outcome.right, outcome.output
    assert outcome.lines <= LINES, outcome.output


def make_outcome(**changes: object) -> Outcome:
    mistake = LevelMistake(1, ["1.4"], "It says so", "main.py", [])
    fields = {"items": {"1.4"}, "led": True, "seconds": 1.0, "lines": 9, "output": ""}
    return Outcome(mistake, **fields | changes)  # type: ignore[arg-type]


def test_the_sum_holds_the_suites_to_what_is_promised() -> None:
    good = [make_outcome()] * 19
    assert is_good([*good, make_outcome(items={"2.1"})])
    assert not is_good([*good, *[make_outcome(items=set())] * 2])
    assert not is_good([*good, *[make_outcome(led=False)] * 9])
    assert not is_good([*good, make_outcome(seconds=61)])
    assert not is_good([*good, make_outcome(lines=121)])


def test_a_row_says_what_came_of_a_mistake() -> None:
    assert "caught" in write_row(1, make_outcome())
    assert "wrong item" in write_row(1, make_outcome(items={"2.1"}))
    assert "NOT CAUGHT" in write_row(1, make_outcome(items=set()))
