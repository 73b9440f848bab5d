"""Posts: writing, reading, changing, deleting."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from final.posts.models import Post
from final.posts.schemas import PostCreate, PostReplace, PostUpdate
from final.users.models import Role
from tests.support.posts import POST, POSTS, titles, write
from tests.support.server import Person, Server


class TestWriting:
    def test_answers_with_the_whole_post(self, server: Server, ada: Person) -> None:
        response = server.call("POST", POSTS, ada, json=POST)
        post = response.json()
        assert response.headers["Location"] == f"{POSTS}/{post['id']}"
        assert post["created_at"] == post["updated_at"]
        assert post["author"] == {"id": ada.id, "username": "ada"}
        assert (post["slug"], post["tags"], post["published"]) == (
            "hello-there",
            ["greeting"],
            True,
        )

    def test_what_was_written_is_read_again(self, server: Server, ada: Person) -> None:
        post = write(server, ada)
        for path in (f"/{post['id']}", f"/by-slug/{post['slug']}"):
            assert server.get(POSTS + path).json() == post

    def test_trims(self, server: Server, ada: Person) -> None:
        post = write(server, ada, "  Hello   there ", content="\n one\n two \n", tags=[" A ", "a"])
        assert (post["title"], post["content"]) == ("Hello   there", "one\n two")
        assert post["tags"] == ["a"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": "ab"},
            {"title": " ab "},
            {"title": "\u200b\u200b\u200b"},
            {"title": "x" * 201},
            {"title": "one\ntwo"},
            {"title": "nul\0nul"},
            {"title": None},
            {"content": ""},
            {"content": " \n\t "},
            {"content": "\u200b"},
            {"content": "nul\0nul"},
            {"content": "x" * 100_001},
            {"published": "perhaps"},
            {"published": None},
            {"tags": "one"},
            {"tags": [""]},
            {"tags": ["x" * 51]},
            {"tags": ["\ufdfa" * 10]},
            {"tags": ["a\0b"]},
            {"tags": [str(number) for number in range(21)]},
        ],
        ids=lambda changes: str(changes)[:30],
    )
    @pytest.mark.parametrize("schema", [PostCreate, PostReplace, PostUpdate])
    def test_refuses_what_makes_no_sense(
        self, schema: type[BaseModel], changes: dict[str, Any]
    ) -> None:
        body = changes if schema is PostUpdate else POST | changes
        with pytest.raises(ValidationError):
            schema.model_validate(body)

    @pytest.mark.stores("sqlite")
    def test_every_way_of_writing_asks_the_schema(self, server: Server, ada: Person) -> None:
        changes = {"title": "ab"}
        post = write(server, ada)
        path = f"{POSTS}/{post['id']}"
        answers = [
            server.call("POST", POSTS, ada, json=POST | changes),
            server.call("PUT", path, ada, json=POST | changes),
            server.call("PATCH", path, ada, json=changes),
        ]
        assert [answer.status_code for answer in answers] == [422] * 3
        assert server.get(path).json() == post

    def test_lone_surrogates_are_refused(self, server: Server, ada: Person) -> None:
        headers = {"Content-Type": "application/json"}
        for body in ('{"title": "a\\ud800b", "content": "c"}', '{"title": "abc", "content": NaN}'):
            response = server.call("POST", POSTS, ada, content=body, headers=headers)
            assert response.status_code == 422

    def test_id_author_and_slug_in_the_body_have_no_effect(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        post = write(server, ada, id=99, author_id=bob.id, slug="mine", image_url="/x")
        assert (post["id"], post["author"]["id"], post["slug"]) == (1, ada.id, "hello-there")
        assert post["image_url"] is None


class TestSlugs:
    @pytest.mark.parametrize(
        ("title", "slug"),
        [
            ("C'est déjà l'été!", "c-est-deja-l-ete"),
            ("影師嗎", "ying-shi-ma"),
            ("!!!", "post"),
            ("word " * 40, "-".join(["word"] * 20)),
        ],
    )
    def test_are_made_from_the_title(
        self, server: Server, ada: Person, title: str, slug: str
    ) -> None:
        assert write(server, ada, title)["slug"] == slug

    def test_stay_when_the_title_says_the_same(self, server: Server, ada: Person) -> None:
        first, second = write(server, ada), write(server, ada)
        assert second["slug"].startswith("hello-there-")
        for post in (first, second):
            for title in ("Hello there", "Hello, there!"):
                body = POST | {"title": title}
                answer = server.call("PUT", f"{POSTS}/{post['id']}", ada, json=body)
                assert answer.json()["slug"] == post["slug"]

    def test_follow_another_title(self, server: Server, ada: Person) -> None:
        write(server, ada, "Taken title")
        path = f"{POSTS}/{write(server, ada)['id']}"
        slugs = [
            server.call("PATCH", path, ada, json={"title": title}).json()["slug"]
            for title in ("Brand new", "Taken title")
        ]
        assert slugs[0] == "brand-new"
        assert slugs[1].startswith("taken-title-")
        assert server.get(f"{POSTS}/by-slug/{slugs[1]}").status_code == 200
        assert server.get(f"{POSTS}/by-slug/hello-there").json()["slug"] == slugs[1]

    def test_of_100_equal_titles_at_once_none_is_refused(self, server: Server, ada: Person) -> None:
        request = {"method": "POST", "url": POSTS, "json": POST, "headers": ada.headers}
        answers = server.at_once(*[request] * 100)
        assert {answer.status_code for answer in answers} == {201}
        slugs = {answer.json()["slug"] for answer in answers}
        assert len(slugs) == 100
        assert "hello-there" in slugs

    @pytest.mark.workers
    def test_renaming_to_one_title_at_once_is_not_refused_either(
        self, server: Server, ada: Person
    ) -> None:
        requests = [
            {
                "method": "PATCH",
                "url": f"{POSTS}/{write(server, ada, f'Title {number}')['id']}",
                "json": {"title": "The same", "tags": ["new", "tags"]},
                "headers": ada.headers,
            }
            for number in range(20)
        ]
        answers = server.at_once(*requests)
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["slug"] for answer in answers}) == 20


class TestChanging:
    def change(self, server: Server, who: Person, method: str, **body: Any) -> Any:
        """Write a post, change it, and return both."""
        before = write(server, who)
        after = server.call(method, f"{POSTS}/{before['id']}", who, json=body).json()
        return before, after

    def test_patch_changes_what_is_sent(self, server: Server, ada: Person) -> None:
        before, after = self.change(server, ada, "PATCH", content="Another text.")
        assert after.pop("updated_at") > before.pop("updated_at")
        assert after == before | {"content": "Another text."}

    def test_put_replaces(self, server: Server, ada: Person) -> None:
        before, after = self.change(server, ada, "PUT", title="Hello there", content="New")
        assert after["tags"] == []
        assert after["updated_at"] > before["updated_at"]

    def test_another_tag_is_a_change_too(self, server: Server, ada: Person) -> None:
        before, after = self.change(server, ada, "PATCH", tags=["b", "greeting"])
        assert after["tags"] == ["b", "greeting"]
        assert after["updated_at"] > before["updated_at"]

    @pytest.mark.parametrize("body", [{}, {"title": "Hello there", "tags": ["GREETING"]}])
    def test_nothing_new_changes_nothing(
        self, server: Server, ada: Person, body: dict[str, Any]
    ) -> None:
        before, after = self.change(server, ada, "PATCH", **body)
        assert after == before

    def test_published_posts_of_others_are_403(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        path = f"{POSTS}/{write(server, ada)['id']}"
        for method, body in (("PUT", POST), ("PATCH", {}), ("DELETE", None)):
            assert server.call(method, path, bob, json=body).status_code == 403

    def test_admins_may_delete_but_not_rewrite(self, server: Server, ada: Person) -> None:
        path = f"{POSTS}/{write(server, ada)['id']}"
        root = server.join("root", Role.ADMIN)
        assert server.call("PATCH", path, root, json={"title": "Mine"}).status_code == 403
        assert server.call("DELETE", path, root).status_code == 204
        assert server.get(path).status_code == 404

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize(
        ("post_id", "status"), [("7", 404), ("0", 422), ("-1", 422), ("x", 422), (2**31, 422)]
    )
    def test_unknown_and_impossible_numbers(
        self, server: Server, ada: Person, method: str, post_id: Any, status: int
    ) -> None:
        body = None if method in ("GET", "DELETE") else POST
        assert server.call(method, f"{POSTS}/{post_id}", ada, json=body).status_code == status

    @pytest.mark.parametrize(("slug", "status"), [("%00", 422), ("no such", 404), ("x" * 999, 404)])
    def test_unknown_and_impossible_slugs(self, server: Server, slug: str, status: int) -> None:
        assert server.get(f"{POSTS}/by-slug/{slug}").status_code == status
        assert server.get(f"{POSTS}/images/{slug}").status_code == status

    def test_a_number_is_never_given_twice(self, server: Server, ada: Person) -> None:
        post = write(server, ada)
        server.call("DELETE", f"{POSTS}/{post['id']}", ada)
        assert write(server, ada)["id"] == post["id"] + 1

    def test_a_broken_constraint_is_409(
        self, server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def claim_taken_slug(session: AsyncSession, post: Post) -> None:
            post.slug = "hello-there"
            await session.flush()

        write(server, ada)
        monkeypatch.setattr("final.posts.service.claim_slug", claim_taken_slug)
        response = server.call("POST", POSTS, ada, json=POST)
        assert response.status_code == 409
        assert response.json() == {"detail": "This conflicts with existing data"}
        assert len(titles(server)) == 1
