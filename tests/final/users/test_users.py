"""Accounts: who sees what, who may change what."""

from typing import Any

import pytest
from pydantic import ValidationError

from final.users.schemas import UserUpdate
from tests.support.server import Person, Server

PRIVATE = {"email", "phone_number", "role", "is_active", "updated_at"}
LISTS = ["/api/users/", "/api/v1/users", "/users"]


@pytest.fixture
def root(ada: Person, bob: Person, root: Person) -> Person:
    """Return the only administrator, who came last."""
    return root


def names(server: Server, path: str, who: Person | None = None) -> list[str]:
    """List user names."""
    response = server.get(path, who)
    assert response.status_code == 200, response.text
    return [user["username"] for user in response.json()]


class TestReading:
    def test_others_see_no_private_field(self, server: Server, ada: Person, bob: Person) -> None:
        seen = server.get(f"/api/users/{ada.id}", bob).json()
        assert seen["username"] == "ada"
        assert not PRIVATE & seen.keys()

    def test_owner_and_admin_see_everything(
        self, server: Server, ada: Person, root: Person
    ) -> None:
        for viewer in (ada, root):
            seen = server.get(f"/api/users/{ada.id}", viewer).json()
            assert seen.keys() >= PRIVATE
            assert "hashed_password" not in seen

    def test_a_list_shows_each_account_as_its_viewer_may_see_it(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        own, other = server.get("/api/users/", ada).json()
        assert "email" in own
        assert "email" not in other

    @pytest.mark.parametrize("prefix", ["/api/v1/users", "/users"])
    def test_everyone_sees_the_public_view(self, server: Server, ada: Person, prefix: str) -> None:
        listed, single = server.get(prefix).json()[0], server.get(f"{prefix}/{ada.id}").json()
        assert listed == single
        assert not PRIVATE & single.keys()

    @pytest.mark.stores("postgresql+valkey")  # the stricter of the two
    @pytest.mark.parametrize(
        "user_id", ["0", "-1", "99", "2147483648", "9" * 30, "x", "1.5", "%00"]
    )
    def test_an_id_that_cannot_be_is_no_fault(
        self, server: Server, ada: Person, user_id: str
    ) -> None:
        for path in (f"/api/users/{user_id}", f"/users/{user_id}"):
            assert server.get(path, ada).status_code in (404, 422)

    def test_deactivated_accounts_are_for_admins_only(
        self, server: Server, ada: Person, bob: Person, root: Person
    ) -> None:
        server.change_user(bob.id, is_active=False)
        assert names(server, "/api/users/", ada) == ["ada", "root"]
        assert server.get(f"/api/users/{bob.id}", ada).status_code == 404
        assert server.get(f"/users/{bob.id}").status_code == 404
        assert names(server, "/api/users/?is_active=false", root) == ["bob"]
        assert server.get(f"/api/users/{bob.id}", root).status_code == 200


class TestLists:
    @pytest.mark.parametrize("path", LISTS)
    def test_are_cut_into_pages(self, server: Server, root: Person, path: str) -> None:
        response = server.get(f"{path}?skip=1&limit=1", root)
        assert [user["username"] for user in response.json()] == ["bob"]
        assert response.headers["X-Total-Count"] == "3"
        assert f'<{path}?after=2&limit=1>; rel="next"' in response.headers["Link"]
        assert f'<{path}?skip=0&limit=1>; rel="prev"' in response.headers["Link"]

    def test_the_links_lead_through_the_whole_list(self, server: Server, root: Person) -> None:
        found, path = [], "/users?limit=2&search=o"
        while path:
            response = server.get(path)
            found += [user["username"] for user in response.json()]
            path = response.links.get("next", {}).get("url", "")
        assert found == ["bob", "root"]

    @pytest.mark.stores("postgresql+valkey")
    @pytest.mark.parametrize(
        "query",
        ["skip=-1", "skip=x", "skip=2147483648", "limit=0", "limit=101", "limit=1e3", "search=%00"],
    )
    def test_refuse_slices_that_make_no_sense(
        self, server: Server, ada: Person, query: str
    ) -> None:
        for path in LISTS:
            assert server.get(f"{path}?{query}", ada).status_code == 422

    def test_a_page_past_the_end_is_empty(self, server: Server, ada: Person) -> None:
        response = server.get("/users?skip=2147483647")
        assert (response.status_code, response.json()) == (200, [])

    @pytest.mark.parametrize(
        ("search", "found"), [("AD", ["ada"]), ("o", ["bob", "root"]), ("%", []), ("_", [])]
    )
    def test_search_is_literal_and_ignores_case(
        self, server: Server, root: Person, search: str, found: list[str]
    ) -> None:
        response = server.get("/api/users/", root, params={"search": search})
        assert [user["username"] for user in response.json()] == found

    def test_search_finds_people_by_their_names(self, server: Server, ada: Person) -> None:
        server.call("PUT", f"/api/users/{ada.id}", ada, json={"last_name": "Lovelace"})
        assert names(server, "/users?search=lovel") == ["ada"]

    def test_admins_filter_by_role(self, server: Server, ada: Person, root: Person) -> None:
        assert names(server, "/api/users/?role=admin", root) == ["root"]
        assert server.get("/api/users/?role=admin", ada).status_code == 403
        assert server.get("/api/users/?role=king", root).status_code == 422


class TestCreating:
    def test_admins_choose_the_role(self, server: Server, root: Person) -> None:
        body = {"username": "new", "email": "n@example.com", "password": "unheard of words"}
        response = server.call("POST", "/api/users/", root, json=body | {"role": "admin"})
        assert (response.status_code, response.json()["role"]) == (201, "admin")

    def test_nobody_else_may(self, server: Server, ada: Person) -> None:
        assert server.call("POST", "/api/users/", ada, json={}).status_code == 403


class TestUpdating:
    def put(self, server: Server, who: Person, user_id: int, **changes: Any) -> Any:
        """Change an account; return the status and the body."""
        response = server.call("PUT", f"/api/users/{user_id}", who, json=changes)
        return response.status_code, response.json()

    def test_changes_what_is_sent_and_nothing_else(self, server: Server, ada: Person) -> None:
        before = server.get("/users/me", ada).json()
        status, after = self.put(server, ada, ada.id, first_name="Ada", username="Ada.L")
        assert status == 200
        assert after.pop("updated_at") > before.pop("updated_at")
        assert after == before | {"first_name": "Ada", "username": "Ada.L"}
        assert server.log_in("ada.l").status_code == 200

    def test_clears_what_may_be_empty(self, server: Server, ada: Person) -> None:
        self.put(server, ada, ada.id, first_name="Ada")
        assert self.put(server, ada, ada.id, first_name=None)[1]["first_name"] is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"username": None},
            {"email": None},
            {"email": "no address"},
            {"first_name": "  "},
            {"first_name": "\u200b"},
            {"last_name": "a\0b"},
            {"phone_number": "call me"},
            {"role": "king"},
            {"is_active": None},
        ],
    )
    def test_refuses_what_makes_no_sense(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            UserUpdate.model_validate(changes)

    @pytest.mark.stores("sqlite")
    def test_asks_the_schema(self, server: Server, ada: Person) -> None:
        assert self.put(server, ada, ada.id, first_name="  ")[0] == 422

    @pytest.mark.parametrize(
        "changes", [{"username": "BOB"}, {"email": "Bob@Example.com"}], ids=["name", "address"]
    )
    def test_refuses_what_is_taken(
        self, server: Server, ada: Person, bob: Person, changes: dict[str, Any]
    ) -> None:
        assert self.put(server, ada, ada.id, **changes)[0] == 409

    def test_keeping_ones_own_name_in_another_case_is_fine(
        self, server: Server, ada: Person
    ) -> None:
        assert self.put(server, ada, ada.id, username="ADA")[1]["username"] == "ADA"

    @pytest.mark.parametrize("changes", [{"role": "admin"}, {"is_active": False}])
    def test_nobody_promotes_themselves(
        self, server: Server, ada: Person, changes: dict[str, Any]
    ) -> None:
        assert self.put(server, ada, ada.id, **changes)[0] == 403
        assert server.get("/users/me", ada).json()["role"] == "user"

    def test_sending_back_what_one_got_is_no_promotion(self, server: Server, ada: Person) -> None:
        whole = server.get("/users/me", ada).json()
        known = {name: whole[name] for name in UserUpdate.model_fields}
        assert self.put(server, ada, ada.id, **known)[0] == 200

    def test_strangers_may_not(self, server: Server, ada: Person, bob: Person) -> None:
        assert self.put(server, bob, ada.id, first_name="Eve")[0] == 403

    def test_a_role_counts_at_the_very_next_request(
        self, server: Server, ada: Person, root: Person
    ) -> None:
        assert self.put(server, root, ada.id, role="admin")[0] == 200
        assert names(server, "/api/users/?role=admin", ada) == ["ada", "root"]
        assert self.put(server, root, ada.id, role="user")[0] == 200
        assert server.get("/api/users/?role=admin", ada).status_code == 403

    def test_reactivation_does_not_revive_old_tokens(
        self, server: Server, ada: Person, root: Person
    ) -> None:
        self.put(server, root, ada.id, is_active=False)
        self.put(server, root, ada.id, is_active=True)
        assert server.get("/users/me", ada).status_code == 401
        assert server.log_in("ada").status_code == 200


class TestDeleting:
    def test_is_soft_and_immediate(self, server: Server, ada: Person, root: Person) -> None:
        assert server.call("DELETE", f"/api/users/{ada.id}", ada).status_code == 204
        assert server.get("/users/me", ada).status_code == 401
        assert server.log_in("ada").status_code == 401
        assert server.get(f"/api/users/{ada.id}", root).json()["is_active"] is False

    def test_keeps_the_name_reserved(self, server: Server, ada: Person) -> None:
        server.call("DELETE", f"/api/users/{ada.id}", ada)
        assert server.register("Ada", email="new@example.com").status_code == 409

    def test_strangers_may_not(self, server: Server, ada: Person, bob: Person) -> None:
        assert server.call("DELETE", f"/api/users/{ada.id}", bob).status_code == 403

    @pytest.mark.parametrize(
        ("method", "body"),
        [("DELETE", None), ("PUT", {"role": "user"}), ("PUT", {"is_active": False})],
    )
    def test_the_last_admin_stays(
        self, server: Server, root: Person, method: str, body: dict[str, Any] | None
    ) -> None:
        path = f"/api/users/{root.id}"
        assert server.call(method, path, root, json=body).status_code == 409
        assert server.get("/users/me", root).json()["role"] == "admin"
