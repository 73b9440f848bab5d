"""Exercise 2.3: the newest link has an address of its own."""

from tests.course.visitor import Start, Visitor


def test_shows_the_newest_link(writer: Visitor) -> None:
    for _ in range(2):
        saved = writer.save()
        assert writer.get("/links/latest", expect=200).json()["title"] == saved["title"]


def test_a_link_is_still_found_by_its_number(writer: Visitor) -> None:
    saved = writer.save()
    assert writer.get(f"/links/{saved['id']}", expect=200).json()["title"] == saved["title"]


def test_answers_404_when_there_is_none(start: Start) -> None:
    with start() as visitor:
        visitor.get("/links/latest", expect=404)
