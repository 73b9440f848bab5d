"""Exercise 1.3: one link of the list, by its number."""

from tests.course.visitor import Visitor


def test_the_first_link_is_number_one(writer: Visitor) -> None:
    writer.save()
    assert writer.get("/links/1", expect=200).json() == writer.all_links()[0]


def test_the_last_link_has_the_highest_number(writer: Visitor) -> None:
    saved = writer.save()
    assert writer.get(f"/links/{len(writer.all_links())}", expect=200).json() == saved


def test_a_number_that_no_link_has_is_404(writer: Visitor) -> None:
    writer.save()
    for number in (0, -1, 1_000_000):
        writer.get(f"/links/{number}", expect=(404, 422))
