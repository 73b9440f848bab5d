"""Exercise 5.2: a header tells how many links there are in all."""

from uuid import uuid4

from tests.course.visitor import Visitor


def count(visitor: Visitor, **params: object) -> int:
    answer = visitor.get("/links", params=params, expect=200)
    return int(answer.headers.get("X-Total-Count", -1))


def test_counts_all_links_and_not_those_of_the_page(writer: Visitor) -> None:
    for _ in range(3):
        writer.save()
    assert count(writer, limit=1) == len(writer.all_links())


def test_counts_what_a_search_finds(writer: Visitor) -> None:
    word = uuid4().hex
    for number in range(3):
        writer.save(title=f"{word} {number}")
    assert count(writer, search=word, skip=1, limit=1) == 3
    assert count(writer, search=f"{word} no more") == 0
