"""Exercise 5.3: a page begins after a link, whatever was deleted before it."""

from tests.course.visitor import Visitor


def after(visitor: Visitor, link_id: int, **params: object) -> list[int]:
    answer = visitor.get("/links", params={"after": link_id} | params, expect=200)
    return [link["id"] for link in answer.json()]


def test_begins_behind_the_link_that_is_named(writer: Visitor) -> None:
    ids = [writer.save()["id"] for _ in range(4)]
    assert after(writer, ids[0]) == ids[1:]
    assert after(writer, ids[0], limit=2) == ids[1:3]
    assert after(writer, ids[-1]) == []


def test_misses_nothing_when_a_link_is_deleted(writer: Visitor) -> None:
    ids = [writer.save()["id"] for _ in range(4)]
    writer.delete(f"/links/{ids[0]}")
    assert after(writer, ids[1]) == ids[2:]


def test_refuses_what_is_no_id(visitor: Visitor) -> None:
    visitor.get("/links", params={"after": "x"}, expect=422)
