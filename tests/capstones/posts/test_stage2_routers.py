"""Stage 2: sessions, routers, a version, settings."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.capstones.guest import Guest, Start, new_account
from tests.capstones.posts.writing import as_author, operations, read, write
from tests.course.target import Target, read_database
from tests.course.visitor import Json


@pytest.mark.roadmap("2.1")
class TestSessions:
    def test_posts_at_the_same_moment(self, author: Guest) -> None:
        with ThreadPoolExecutor(20) as pool:
            made = list(pool.map(lambda _: write(author), range(20)))
        assert len({post["id"] for post in made}) == 20

    def test_a_refusal_leaves_nothing_behind(self, visitor: Guest, author: Guest) -> None:
        account = visitor.register()
        visitor.post("/users", json=new_account(email=account["email"]), expect=409, item="1.7")
        assert read(visitor, write(author))


@pytest.mark.roadmap("2.2")
@pytest.mark.parametrize("word", ["posts", "users"])
def test_each_router_has_its_tag(document: Json, word: str) -> None:
    found = operations(document, word)
    assert found, f"no operation below /{word} is documented"
    without = [
        route
        for route, operation in found.items()
        if word not in [tag.lower() for tag in operation.get("tags", [])]
    ]
    assert without == [], f"without the tag {word}: {without}"


@pytest.mark.roadmap("2.3")
@pytest.mark.parametrize("path", ["/posts", "/users"])
def test_the_version_is_in_the_path(document: Json, path: str) -> None:
    documented = {documented.rstrip("/") for documented in document["paths"]}
    assert f"/api/v1{path}" in documented, f"there is no /api/v1{path} in /openapi.json"


@pytest.mark.roadmap("2.4")
def test_posts_are_where_the_settings_say(target: Target, start: Start, own_folder: Path) -> None:
    with start() as visitor:
        post = write(as_author(visitor))
    stored = read_database(target.database_file(own_folder))
    assert post["title"].encode() in stored, "the post is not in the file that DATABASE_URL names"
    with start() as visitor:
        assert read(visitor, post)["title"] == post["title"]
