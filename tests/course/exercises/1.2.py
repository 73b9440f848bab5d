"""Exercise 1.2: an address is saved once."""

from uuid import uuid4

from tests.course.visitor import CREATED, Visitor, new_link


def test_an_address_that_is_there_already_is_a_conflict(writer: Visitor) -> None:
    url = f"https://example.com/{uuid4().hex}"
    writer.post("/links", json=new_link(url=url), expect=CREATED)
    writer.post("/links", json=new_link(url=url), expect=409)


def test_another_address_is_none(writer: Visitor) -> None:
    for _ in range(2):
        url = f"https://example.com/{uuid4().hex}"
        writer.post("/links", json=new_link(url=url), expect=CREATED)


def test_what_is_refused_is_not_listed(writer: Visitor) -> None:
    url = f"https://example.com/{uuid4().hex}"
    for _ in range(2):
        writer.post("/links", json=new_link(url=url))
    assert len([link for link in writer.all_links() if link["url"] == url]) == 1
