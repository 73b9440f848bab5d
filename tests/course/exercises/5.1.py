"""Exercise 5.1: the list is sorted as asked."""

from tests.course.visitor import Visitor


def test_the_newest_comes_first_when_asked_for(writer: Visitor) -> None:
    ids = [writer.save()["id"] for _ in range(3)]
    page = writer.get("/links", params={"sort": "-created_at", "limit": 3}, expect=200).json()
    assert [link["id"] for link in page] == ids[::-1]


def test_the_oldest_comes_first_otherwise(writer: Visitor) -> None:
    for _ in range(3):
        writer.save()
    lists = [
        writer.get("/links", params=p, expect=200).json() for p in ({}, {"sort": "created_at"})
    ]
    assert lists[0] == lists[1]


def test_an_order_that_there_is_not_is_refused(visitor: Visitor) -> None:
    visitor.get("/links", params={"sort": "nonsense"}, expect=422)
