"""What the suite of the capstone does not ask for."""

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from tests.capstones.posts.solution.models import PostCreate


def test_tags_are_small_letters() -> None:
    post = PostCreate(title="Hello", content="Text", tags=[" Python "])
    assert post.tags == ["python"]


def test_a_tag_is_not_empty() -> None:
    with pytest.raises(ValidationError):
        PostCreate(title="Hello", content="Text", tags=[" "])


def test_a_post_is_its_authors(client: TestClient) -> None:
    body = {"title": "Hello", "content": "Text", "tags": ["b", "a"]}
    made = client.post("/api/v1/posts", json=body).json()
    assert (made["author"]["username"], made["tags"]) == ("ada", ["a", "b"])
