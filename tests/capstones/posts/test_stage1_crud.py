"""Stage 1: posts and users are made, read, changed and deleted."""

import pytest

from tests.capstones.guest import UNKNOWN_ID, Guest, every, new_account
from tests.capstones.posts.writing import listed, new_post, path_of, read, titles, write
from tests.capstones.shared import check_no_password, check_refusal
from tests.course.visitor import Json


@pytest.mark.roadmap("1.1")
class TestWriting:
    def test_a_post_gets_an_id(self, author: Guest) -> None:
        sent = new_post()
        made = author.make("/posts", sent, {}, "1.1")
        assert {field: made.get(field) for field in sent} == sent
        assert isinstance(made["id"], int)

    def test_two_posts_get_two_ids(self, author: Guest) -> None:
        assert write(author)["id"] != write(author)["id"]


@pytest.mark.roadmap("1.2")
class TestReading:
    def test_the_list_has_what_was_written(self, visitor: Guest, post: Json) -> None:
        assert post["title"] in titles(listed(visitor, size=100))

    def test_a_post_is_as_it_was_written(self, visitor: Guest, post: Json) -> None:
        found = read(visitor, post)
        fields = ("id", "title", "content")
        assert [found[field] for field in fields] == [post[field] for field in fields]


@pytest.mark.roadmap("1.3")
class TestChanging:
    def test_put_replaces(self, author: Guest, post: Json) -> None:
        new = new_post(content="Rewritten.")
        changed = author.put(path_of(post), json=new, expect=200).json()
        assert (changed["id"], changed["title"]) == (post["id"], new["title"])
        assert read(author, post)["content"] == "Rewritten.", "the change is not stored"

    def test_put_wants_a_whole_post(self, author: Guest, post: Json) -> None:
        author.put(path_of(post), json={"title": "A title alone"}, expect=422)

    def test_patch_leaves_what_is_not_sent(self, author: Guest, post: Json) -> None:
        changed = author.patch(path_of(post), json={"title": "Hello once more"}, expect=200).json()
        assert (changed["title"], changed["content"]) == ("Hello once more", post["content"])
        assert read(author, post)["title"] == "Hello once more", "the change is not stored"

    def test_delete_takes_away(self, author: Guest, post: Json) -> None:
        kept = write(author)
        author.delete(path_of(post), expect=204)
        read(author, post, expect=404)
        assert read(author, kept)["title"] == kept["title"]


@pytest.mark.roadmap("1.4")
class TestValidation:
    @pytest.mark.parametrize("title", ["Hi", "x" * 201, "     ", None, 7], ids=lambda t: str(t)[:9])
    def test_refuses_a_title_that_is_none(self, author: Guest, title: object) -> None:
        answer = author.post("/posts", json=new_post(title=title), expect=422).json()
        assert "title" in [mistake["loc"][-1] for mistake in answer["detail"]]

    @pytest.mark.parametrize("content", ["", "   ", None])
    def test_refuses_an_empty_content(self, author: Guest, content: object) -> None:
        author.post("/posts", json=new_post(content=content), expect=422)

    @pytest.mark.parametrize("length", [3, 200])
    def test_takes_the_shortest_and_the_longest(self, author: Guest, length: int) -> None:
        title = "x" * length
        assert write(author, title=title)["title"] == title

    def test_trims(self, author: Guest) -> None:
        made = write(author, title="  Hello  ", content=" Text \n")
        assert (made["title"], made["content"]) == ("Hello", "Text")

    def test_refuses_changes_too(self, author: Guest, post: Json) -> None:
        author.patch(path_of(post), json={"title": " x "}, expect=422, item="1.4")


@pytest.mark.roadmap("1.5")
class TestUsers:
    def test_an_account_is_made(self, visitor: Guest) -> None:
        account = new_account()
        answer = visitor.post("/users", json=account, expect=201)
        assert answer.json()["username"] == account["username"]
        check_no_password(answer)

    def test_accounts_are_listed(self, visitor: Guest) -> None:
        account = visitor.register()
        assert account["username"] in [user["username"] for user in every(visitor, "/users")]

    def test_an_account_is_shown(self, visitor: Guest) -> None:
        account = visitor.register()
        shown = visitor.get(f"/users/{account['id']}", expect=200).json()
        assert (shown["id"], shown["username"]) == (account["id"], account["username"])


@pytest.mark.roadmap("1.6")
class TestNotFound:
    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    def test_no_post_has_this_id(self, author: Guest, method: str) -> None:
        body = {"PUT": new_post(), "PATCH": {"title": "Hello"}}.get(method)
        options: Json = {"json": body} if body else {}
        check_refusal(author.request(method, f"/posts/{UNKNOWN_ID}", expect=404, **options))

    def test_no_user_has_this_id(self, visitor: Guest) -> None:
        check_refusal(visitor.get(f"/users/{UNKNOWN_ID}", expect=404))


@pytest.mark.roadmap("1.7")
@pytest.mark.parametrize("field", ["username", "email"])
def test_what_is_taken_is_a_conflict(visitor: Guest, field: str) -> None:
    again = new_account(**{field: visitor.register()[field]})
    check_refusal(visitor.post("/users", json=again, expect=409))
