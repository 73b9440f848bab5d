"""People and posts for the suites of the posts."""

from uuid import uuid4

import pytest

from tests.capstones.guest import Guest
from tests.capstones.posts.writing import as_author, write
from tests.course.visitor import Json


@pytest.fixture
def author(visitor: Guest) -> Guest:
    """Return somebody who may write."""
    return as_author(visitor)


@pytest.fixture
def other(visitor: Guest) -> Guest:
    """Return somebody else."""
    return visitor.join()


@pytest.fixture
def post(author: Guest) -> Json:
    """Return a post."""
    return write(author)


@pytest.fixture
def tag() -> str:
    """Return a tag that no post has."""
    return f"t{uuid4().hex[:12]}"


@pytest.fixture
def document(visitor: Guest) -> Json:
    """Return the OpenAPI document."""
    document: Json = visitor.get("/openapi.json", expect=200).json()
    return document


@pytest.fixture
def three(author: Guest, tag: str) -> list[str]:
    """Return the titles of three posts with a tag, the oldest first."""
    return [
        write(author, title=f"{name} {tag}", tags=[tag])["title"] for name in ("Bb", "Cc", "Aa")
    ]
