"""The list of posts is kept ready, and is never older than the last write."""

from typing import Any

import pytest
from sqlalchemy import event

from final.posts.images import ImageStore
from tests.support.posts import POSTS, titles, upload, write
from tests.support.server import Person, Server


@pytest.fixture
def statements(server: Server) -> list[str]:
    """Return a list of what the database is asked from now on."""
    asked: list[str] = []
    engine = server.resources.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    return asked


def listed(server: Server, query: str = "") -> list[Any]:
    """Return the posts on the first page."""
    items: list[Any] = server.get(f"{POSTS}?{query}").json()["items"]
    return items


def test_the_second_reader_costs_no_query(
    server: Server, ada: Person, statements: list[str]
) -> None:
    write(server, ada)
    first = listed(server)
    statements.clear()
    assert listed(server) == first
    assert statements == []


def test_a_kept_page_is_the_same_answer(server: Server, ada: Person) -> None:
    write(server, ada)
    first, second = (server.client.get(f"{POSTS}?size=5") for _ in range(2))
    changing = {"x-process-time", "x-request-id"}
    assert {name for name in first.headers if first.headers[name] != second.headers.get(name)} == (
        changing
    )
    assert first.content == second.content


@pytest.mark.parametrize("path", ["/posts", "/posts/", "/api/v1/posts"])
def test_kept_pages_do_not_answer_other_requests(server: Server, ada: Person, path: str) -> None:
    write(server, ada)
    for _ in range(2):
        assert server.client.get(path).json()["total"] == 1
        assert server.client.head(path).content == b""
        assert server.client.post(path).status_code == 401
        assert server.client.put(path).status_code == 405
        assert server.client.get(f"{path}?size=0").status_code == 422


def test_every_filter_has_a_list_of_its_own(server: Server, ada: Person) -> None:
    write(server, ada, "First post", tags=["one"])
    write(server, ada, "Other post", tags=["two"])
    assert titles(server, "tag=one") == ["First post"]
    assert titles(server, "tag=two") == ["Other post"]
    assert titles(server, "size=1&page=2") != titles(server, "size=1&page=1")


def test_every_write_is_seen_at_once(server: Server, ada: Person) -> None:
    post = write(server, ada, "Before")
    url = f"{POSTS}/{post['id']}"
    assert titles(server) == ["Before"]
    server.call("PATCH", url, ada, json={"title": "After"})
    assert titles(server) == ["After"]
    image = upload(server, ada, post["id"]).json()["image_url"]
    assert [item["image_url"] for item in listed(server)] == [image]
    server.call("PATCH", url, ada, json={"published": False})
    assert titles(server) == []
    server.call("PATCH", url, ada, json={"published": True})
    assert titles(server) == ["After"]
    server.call("DELETE", url, ada)
    assert titles(server) == []


def test_a_deleted_post_is_out_of_the_list_although_its_image_cannot_be_removed(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_images: ImageStore, _name: str | None) -> None:
        raise OSError("the disk is read-only")

    post = write(server, ada)
    upload(server, ada, post["id"])
    assert titles(server) == [post["title"]]
    monkeypatch.setattr(ImageStore, "remove", fail)
    assert server.call("DELETE", f"{POSTS}/{post['id']}", ada).status_code == 204
    assert titles(server) == []
    assert "the disk is read-only" in caplog.text


def test_a_search_finds_a_post_once_it_is_indexed(server: Server, ada: Person) -> None:
    assert titles(server, "q=zeppelin") == []
    write(server, ada, "A zeppelin")
    assert titles(server, "q=zeppelin") == ["A zeppelin"]


def test_an_author_who_takes_another_name_has_it_in_the_list(server: Server, ada: Person) -> None:
    write(server, ada)
    assert [item["author"]["username"] for item in listed(server)] == ["ada"]
    server.call("PUT", f"/api/users/{ada.id}", ada, json={"username": "lovelace"})
    assert [item["author"]["username"] for item in listed(server)] == ["lovelace"]
