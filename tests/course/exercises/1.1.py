"""Exercise 1.1: a link has tags."""

from tests.course.visitor import Visitor


def test_a_link_has_the_tags_that_were_sent(writer: Visitor) -> None:
    saved = writer.save(tags=["python", "web"])
    assert saved.get("tags") == ["python", "web"]
    assert saved["tags"] in [link.get("tags") for link in writer.all_links()]


def test_a_link_without_tags_has_an_empty_list(writer: Visitor) -> None:
    assert writer.save().get("tags") == []


def test_tags_are_texts(writer: Visitor) -> None:
    writer.post(
        "/links", json={"title": "t", "url": "https://example.com", "tags": [7]}, expect=422
    )
