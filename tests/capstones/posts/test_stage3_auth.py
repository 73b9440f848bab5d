"""Stage 3: who is asking, and what they may do."""

from pathlib import Path

import pytest

from tests.capstones.guest import PASSWORD, Guest
from tests.capstones.posts.writing import new_post, path_of, read
from tests.capstones.shared import check_refusal
from tests.course.target import read_database
from tests.course.visitor import Json


@pytest.mark.roadmap("3.1")
class TestToken:
    def test_is_a_bearer_token(self, visitor: Guest) -> None:
        account = visitor.register()
        answer = visitor.try_log_in(account["username"], PASSWORD, 200).json()
        assert answer["token_type"].lower() == "bearer"

    def test_wrong_name_and_wrong_password_are_alike(self, visitor: Guest) -> None:
        account = visitor.register()
        wrong = visitor.try_log_in(account["username"], "wrong password", 401)
        unknown = visitor.try_log_in("nobody-at-all", PASSWORD, 401)
        assert wrong.json() == unknown.json()


@pytest.mark.roadmap("3.2")
class TestMe:
    def test_shows_who_is_asking(self, other: Guest) -> None:
        shown = other.get("/users/me", expect=200).json()
        assert (shown["id"], shown["username"]) == (other.id, other.account["username"])

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        check_refusal(visitor.get("/users/me", expect=401))

    def test_refuses_what_is_no_token(self, visitor: Guest) -> None:
        check_refusal(visitor.with_token("nonsense").get("/users/me", expect=401))


@pytest.mark.roadmap("3.3")
def test_a_hash_is_stored_and_not_the_password(visitor: Guest, database_file: Path) -> None:
    account = visitor.register()
    stored = read_database(database_file)
    assert account["username"].encode() in stored, "the account is not in the database"
    readable = PASSWORD.encode() in stored
    assert not readable, "the password is in the database as it is"
    hashed = any(prefix in stored for prefix in (b"$2a$", b"$2b$", b"$bcrypt-sha256$"))
    assert hashed, "no hash by bcrypt is in the database"


@pytest.mark.roadmap("3.4")
class TestRoles:
    def test_there_is_an_administrator(self, admin: Guest) -> None:
        assert admin.get("/users/me", expect=200, item="3.2").json().get("role") == "admin"

    def test_nobody_signs_up_as_one(self, visitor: Guest) -> None:
        somebody = visitor.join(role="admin", is_admin=True)
        assert somebody.get("/users/me", expect=200, item="3.2").json().get("role") == "user"


@pytest.mark.roadmap("3.5")
class TestOwnership:
    def test_nobody_writes_without_a_token(self, visitor: Guest) -> None:
        check_refusal(visitor.post("/posts", json=new_post(), expect=401))

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_others_change_nothing(
        self, visitor: Guest, other: Guest, post: Json, method: str
    ) -> None:
        options: Json = {} if method == "DELETE" else {"json": new_post()}
        check_refusal(visitor.request(method, path_of(post), expect=401, **options))
        check_refusal(other.request(method, path_of(post), expect=403, **options))
        assert read(visitor, post)["title"] == post["title"], "refused, but the post has changed"

    def test_administrators_delete_any(self, admin: Guest, post: Json) -> None:
        admin.delete(path_of(post), expect=204)
        read(admin, post, expect=404)

    def test_everybody_reads(self, visitor: Guest, post: Json) -> None:
        assert read(visitor, post)["id"] == post["id"]
