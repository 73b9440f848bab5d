"""Exercise 2.1: a link is changed in part."""

from tests.course.visitor import UNKNOWN_ID, Visitor


def test_changes_what_is_sent_and_nothing_else(writer: Visitor) -> None:
    saved = writer.save(description="to read")
    path = f"/links/{saved['id']}"
    changed = writer.request("PATCH", path, json={"title": "Another"}, expect=200).json()
    assert changed == saved | {"title": "Another"}
    assert writer.get(path, expect=200).json() == changed


def test_takes_a_description_away(writer: Visitor) -> None:
    path = f"/links/{writer.save(description='to read')['id']}"
    changed = writer.request("PATCH", path, json={"description": None}, expect=200).json()
    assert changed["description"] is None


def test_does_not_take_a_title_away(writer: Visitor) -> None:
    path = f"/links/{writer.save()['id']}"
    writer.request("PATCH", path, json={"title": None}, expect=422)


def test_answers_404_for_a_link_that_is_not_there(writer: Visitor) -> None:
    writer.request("PATCH", f"/links/{UNKNOWN_ID}", json={"title": "x"}, expect=404)
