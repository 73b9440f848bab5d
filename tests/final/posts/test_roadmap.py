"""The checklist of the posts roadmap says what is so."""

import importlib

import pytest

from tests.course.posts_roadmap import ITEMS, STAGES, checklist, items_of


def test_every_stage_has_its_items_in_order() -> None:
    assert list(STAGES) == [str(number) for number in range(1, 11)]
    for stage in STAGES:
        numbers = [number for number in ITEMS if number.split(".")[0] == stage]
        assert numbers == [f"{stage}.{count + 1}" for count in range(len(numbers))] != []


@pytest.mark.parametrize("number", ITEMS)
def test_what_shows_an_item_exists(number: str) -> None:
    _, tests = ITEMS[number]
    assert tests
    for test in tests:
        file, *names = test.split("::")
        module = file.removesuffix(".py").replace("/", ".")
        found = importlib.import_module(f"tests.final.{module}")
        for name in names:
            assert hasattr(found, name), f"{test} is gone"
            found = getattr(found, name)


def test_a_test_counts_for_its_items_whatever_its_parameters() -> None:
    shown = items_of("tests/final/core/test_http.py::TestCors::test_lets_nobody_else[sqlite]")
    assert shown == ["7.3"]
    assert items_of("tests/final/books/test_isbn.py::test_x") == []


@pytest.mark.parametrize(
    ("outcomes", "mark"),
    [(["passed"], "x"), (["passed", "failed"], " "), (["skipped"], "-")],
)
def test_a_list_says_how_it_went(outcomes: list[str], mark: str) -> None:
    lines = list(checklist({"7.3": outcomes}))
    assert any(line.startswith(f"  [{mark}] 7.3 ") for line in lines)
    assert lines[0].startswith("Stage 7: ")
