"""Learners' mistakes in the solutions are noticed, each by the item that it is about.

All of them are tried by `python -m tests.capstones.mistakes`; here, that they can be, and two.
"""

from collections import Counter

import pytest

from tests.capstones.mistakes import Mistake, read_mistakes, try_out
from tests.capstones.products import PRODUCTS

MISTAKES = read_mistakes()
TRIED = ("The author has to be given in full", "Blanks count as a title")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.says)
def test_a_mistake_can_be_planted(mistake: Mistake) -> None:
    assert compile(mistake.planted(), mistake.file, "exec")
    assert set(mistake.items) <= PRODUCTS[mistake.product].roadmap.items.keys()


def test_there_are_ten_and_more_for_each_product() -> None:
    counts = Counter(mistake.product for mistake in MISTAKES)
    assert min(counts[product] for product in PRODUCTS) >= 10


@pytest.mark.parametrize("says", TRIED)
def test_a_mistake_is_noticed_by_its_item(says: str) -> None:
    (mistake,) = (mistake for mistake in MISTAKES if mistake.says == says)
    outcome = try_out(mistake)
    assert outcome.items == mistake.items, outcome.output
