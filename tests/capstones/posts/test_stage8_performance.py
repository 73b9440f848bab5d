"""Stage 8: a cache, a limit, a stream, an ETag."""

import json
from collections.abc import Callable

import pytest

from tests.capstones import folder as folders
from tests.capstones.guest import Guest, Start
from tests.capstones.posts.writing import (
    as_author,
    listed,
    new_post,
    path_of,
    titles,
    write,
)
from tests.course.target import RunningServer, Target
from tests.course.visitor import Json


@pytest.mark.roadmap("8.1")
class TestCache:
    def test_redis_is_in_the_code(self, target: Target) -> None:
        files = folders.files(folders.folder_of(target), "*.py")
        assert any("redis" in file.read_text("utf-8").lower() for file in files), "redis is nowhere"

    @pytest.mark.parametrize(
        "change",
        [
            lambda author, post: author.patch(path_of(post), json={"title": "New title"}),
            lambda author, post: author.put(path_of(post), json=new_post(tags=post["tags"])),
            lambda author, post: author.patch(path_of(post), json={"published": False}),
            lambda author, post: author.patch(path_of(post), json={"tags": []}),
            lambda author, post: author.delete(path_of(post)),
            lambda author, post: write(author, tags=post["tags"]),
        ],
        ids=["patch", "put", "unpublish", "untag", "delete", "post"],
    )
    def test_a_list_is_never_out_of_date(
        self, author: Guest, tag: str, change: Callable[[Guest, Json], object]
    ) -> None:
        before = listed(author, tag=tag) or [write(author, tags=[tag])]
        old = listed(author, tag=tag)
        change(author, before[0])
        assert titles(listed(author, tag=tag)) != titles(old), "the list is as it was before"


@pytest.mark.roadmap("8.2")
def test_who_writes_too_often_waits(start: Start, target: Target) -> None:
    if isinstance(target, RunningServer):
        pytest.skip("the tests cannot restart a server: use --app")
    with start(WRITE_RATE_LIMIT="5/minute") as visitor:
        author = as_author(visitor)
        answers = [author.post("/posts", json=new_post()) for _ in range(12)]
        assert answers[0].status_code == 201, "even the first post is refused"
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused, "12 posts in a minute, with WRITE_RATE_LIMIT=5/minute, and no 429"
        assert int(refused[0].headers.get("retry-after", 0)) > 0, "there is no Retry-After"
        assert author.get("/posts", expect=200).json()


@pytest.mark.roadmap("8.3")
class TestExport:
    def test_has_a_line_for_each_post(self, visitor: Guest, author: Guest) -> None:
        written = [write(author) for _ in range(3)]
        answer = visitor.get("/posts/export", expect=200)
        posts = {post["id"]: post for post in map(json.loads, answer.text.splitlines())}
        assert [posts[post["id"]]["title"] for post in written] == titles(written)

    def test_has_no_drafts(self, visitor: Guest, author: Guest) -> None:
        draft = write(author, published=False)
        assert draft["title"] not in visitor.get("/posts/export", expect=200).text


@pytest.mark.roadmap("8.4")
class TestEtag:
    def test_who_has_a_version_does_not_get_it_again(self, visitor: Guest, post: Json) -> None:
        etag = visitor.get(path_of(post), expect=200).headers.get("etag", "")
        assert etag, "there is no ETag"
        answer = visitor.get(path_of(post), headers={"If-None-Match": etag}, expect=304)
        assert answer.content == b""

    def test_a_new_version_is_sent(self, author: Guest, post: Json) -> None:
        etag = author.get(path_of(post), expect=200).headers.get("etag", "")
        author.patch(path_of(post), json={"content": "Another text."}, expect=200)
        headers = {"If-None-Match": etag}
        answer = author.get(path_of(post), headers=headers, expect=200)
        assert answer.json()["content"] == "Another text."
        assert answer.headers.get("etag") != etag
