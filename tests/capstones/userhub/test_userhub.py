"""UserHub: accounts, sign-in with two tokens, roles."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest

from tests.capstones import folder as folders
from tests.capstones.guest import PASSWORD, UNKNOWN_ID, Guest, Start, every, new_account
from tests.capstones.shared import check_no_password, check_refusal, expired_token
from tests.capstones.targets import ORIGIN
from tests.course.target import RunningServer, Target, read_database
from tests.course.visitor import Json

PROFILE = {"first_name": "Ada", "last_name": "Lovelace"}
SETTINGS = ("DATABASE_URL", "JWT_SECRET_KEY", "ACCESS_TOKEN_EXPIRE_MINUTES", "CORS_ORIGINS")


def lifetime(token: str) -> timedelta:
    """Return how long a token is still good."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC)


def path_of(guest: Guest) -> str:
    """Return the path of somebody's account."""
    return f"/api/users/{guest.id}"


def change(guest: Guest, whose: Guest, expect: int, **changes: Any) -> Json:
    """Change an account and return the answer."""
    answer: Json = guest.put(path_of(whose), json=changes, expect=expect).json()
    return answer


def own_view(guest: Guest) -> Json:
    """Return an account as its owner sees it."""
    account: Json = guest.get("/api/auth/me", expect=200, item="2.2").json()
    return account


def deactivate(guest: Guest, whose: Guest) -> None:
    """Delete an account."""
    guest.delete(path_of(whose), expect=204)


@pytest.fixture
def ada(visitor: Guest) -> Guest:
    """Return somebody who is logged in."""
    return visitor.join(**PROFILE)


@pytest.fixture
def bob(visitor: Guest) -> Guest:
    """Return somebody else."""
    return visitor.join()


@pytest.mark.roadmap("1.1")
def test_the_app_is_alive(visitor: Guest) -> None:
    assert visitor.get("/health", expect=200).json() == {"status": "ok"}


@pytest.mark.roadmap("1.2")
class TestRegister:
    def test_opens_an_account(self, visitor: Guest) -> None:
        account = new_account(**PROFILE)
        shown = visitor.post("/api/auth/register", json=account, expect=201).json()
        wanted = {key: value for key, value in account.items() if key != "password"}
        wanted |= {"role": "user", "is_active": True}
        assert {key: shown.get(key) for key in wanted} == wanted

    def test_says_when(self, visitor: Guest) -> None:
        shown = visitor.register()
        assert datetime.fromisoformat(shown["created_at"])
        assert datetime.fromisoformat(shown["updated_at"])

    def test_never_shows_the_password(self, visitor: Guest) -> None:
        answer = visitor.post("/api/auth/register", json=new_account(), expect=201)
        check_no_password(answer)

    def test_does_without_a_name(self, visitor: Guest) -> None:
        shown = visitor.register()
        assert (shown["first_name"], shown["last_name"]) == (None, None)

    def test_makes_nobody_an_administrator(self, visitor: Guest) -> None:
        shown = visitor.register(role="admin", is_active=False)
        assert (shown["role"], shown["is_active"]) == ("user", True)


@pytest.mark.roadmap("1.3")
class TestRefusedSignUps:
    @pytest.mark.parametrize("field", ["username", "email"])
    def test_refuses_what_is_taken(self, visitor: Guest, field: str) -> None:
        taken = visitor.register()
        again = new_account(**{field: taken[field]})
        check_refusal(visitor.post("/api/auth/register", json=again, expect=409))

    @pytest.mark.parametrize(
        ("field", "value"), [("email", "nobody"), ("password", "pass7ch"), ("username", None)]
    )
    def test_names_the_field(self, visitor: Guest, field: str, value: object) -> None:
        body = new_account(**{field: value})
        answer = visitor.post("/api/auth/register", json=body, expect=422).json()
        assert field in [mistake["loc"][-1] for mistake in answer["detail"]]


@pytest.mark.roadmap("1.4")
def test_a_hash_is_stored_and_not_the_password(visitor: Guest, database_file: Path) -> None:
    account = visitor.register()
    stored = read_database(database_file)
    found = {text: text.encode() in stored for text in (account["email"], PASSWORD)}
    assert found[account["email"]], "the account is not in the file that DATABASE_URL names"
    assert not found[PASSWORD], "the password is in the database as it is"
    hashed = any(prefix in stored for prefix in (b"$2a$", b"$2b$", b"$bcrypt-sha256$"))
    assert hashed, "no hash by bcrypt is in the database"


@pytest.mark.roadmap("2.1")
class TestLogin:
    def test_answers_with_two_tokens(self, visitor: Guest) -> None:
        account = visitor.register()
        answer = visitor.try_log_in(account["email"], PASSWORD, 200).json()
        assert answer["token_type"].lower() == "bearer"
        assert answer["access_token"] != answer["refresh_token"]

    def test_refuses_wrong_address_and_wrong_password_alike(self, visitor: Guest) -> None:
        account = visitor.register()
        wrong = visitor.try_log_in(account["email"], "wrong password", 401)
        unknown = visitor.try_log_in(f"{uuid4().hex}@example.com", PASSWORD, 401)
        assert wrong.json() == unknown.json()


@pytest.mark.roadmap("2.2")
class TestMe:
    def test_shows_the_account(self, ada: Guest) -> None:
        shown = own_view(ada)
        assert {key: shown.get(key) for key in ("id", "email", "first_name", "role")} == {
            "id": ada.id,
            "email": ada.account["email"],
            "first_name": "Ada",
            "role": "user",
        }

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        check_refusal(visitor.get("/api/auth/me", expect=401))

    def test_refuses_what_is_no_token(self, visitor: Guest) -> None:
        check_refusal(visitor.with_token("nonsense").get("/api/auth/me", expect=401))

    def test_refuses_a_refresh_token(self, visitor: Guest) -> None:
        account = visitor.register()
        answer = visitor.try_log_in(account["email"], PASSWORD, 200).json()
        visitor.with_token(answer["refresh_token"]).get("/api/auth/me", expect=401)


@pytest.mark.roadmap("2.3")
class TestRefresh:
    def test_gives_a_token_that_works(self, visitor: Guest) -> None:
        account = visitor.register()
        old = visitor.try_log_in(account["email"], PASSWORD, 200).json()
        body = {"refresh_token": old["refresh_token"]}
        new = visitor.post("/api/auth/refresh", json=body, expect=200).json()
        assert new["refresh_token"]
        assert own_view(visitor.with_token(new["access_token"]))["id"] == account["id"]

    def test_refuses_an_access_token(self, ada: Guest) -> None:
        ada.post("/api/auth/refresh", json={"refresh_token": ada.token}, expect=401)

    def test_refuses_nonsense(self, visitor: Guest) -> None:
        visitor.post("/api/auth/refresh", json={"refresh_token": "nonsense"}, expect=401)


@pytest.mark.roadmap("2.4")
class TestExpiry:
    def test_a_token_is_good_for_half_an_hour(self, ada: Guest) -> None:
        assert timedelta(minutes=25) < lifetime(ada.token or "") < timedelta(minutes=31)

    def test_a_refresh_token_is_good_for_longer(self, visitor: Guest) -> None:
        account = visitor.register()
        tokens = visitor.try_log_in(account["email"], PASSWORD, 200).json()
        assert tokens["refresh_token"].count(".") != 2 or (
            lifetime(tokens["refresh_token"]) > timedelta(hours=1)
        )

    def test_the_setting_counts(self, start: Start, target: Target) -> None:
        if isinstance(target, RunningServer):
            pytest.skip("the tests cannot restart a server: use --app")
        with start(ACCESS_TOKEN_EXPIRE_MINUTES="5") as visitor:
            assert timedelta(0) < lifetime(visitor.join().token or "") < timedelta(minutes=6)

    def test_an_expired_token_opens_nothing(self, target: Target, ada: Guest) -> None:
        token = expired_token(target, ada, "/api/auth/me")
        ada.with_token(token).get("/api/auth/me", expect=401)


@pytest.mark.roadmap("3.1")
class TestList:
    def test_shows_accounts_in_order(self, ada: Guest, bob: Guest) -> None:
        ids = [account["id"] for account in every(ada, "/api/users/")]
        assert {ada.id, bob.id} <= set(ids)
        assert ids == sorted(ids)

    def test_shows_ten_when_nobody_says_how_many(self, ada: Guest) -> None:
        for _ in range(11):
            ada.register()
        assert len(ada.get("/api/users/", expect=200).json()) == 10

    def test_comes_in_pages(self, ada: Guest, bob: Guest) -> None:
        page = bob.get("/api/users/", params={"skip": 1, "limit": 2}, expect=200).json()
        accounts = every(bob, "/api/users/")
        assert [account["id"] for account in page] == [account["id"] for account in accounts[1:3]]

    @pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"skip": -1}], ids=str)
    def test_refuses_impossible_pages(self, ada: Guest, params: Json) -> None:
        ada.get("/api/users/", params=params, expect=422)

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        check_refusal(visitor.get("/api/users/", expect=401))


@pytest.mark.roadmap("3.2")
class TestRead:
    def test_shows_somebody_else(self, ada: Guest, bob: Guest) -> None:
        answer = ada.get(path_of(bob), expect=200)
        shown = answer.json()
        assert (shown["id"], shown["username"]) == (bob.id, bob.account["username"])
        check_no_password(answer)

    def test_knows_what_is_not_there(self, ada: Guest) -> None:
        check_refusal(ada.get(f"/api/users/{UNKNOWN_ID}", expect=404))

    def test_asks_for_a_token(self, visitor: Guest, ada: Guest) -> None:
        check_refusal(visitor.get(path_of(ada), expect=401))


@pytest.mark.roadmap("3.3")
class TestUpdate:
    def test_changes_what_is_sent(self, ada: Guest) -> None:
        shown = change(ada, ada, 200, first_name="Augusta")
        assert (shown["first_name"], shown["last_name"]) == ("Augusta", "Lovelace")
        assert own_view(ada)["first_name"] == "Augusta", "the change is not stored"

    def test_is_for_the_owner(self, ada: Guest, bob: Guest) -> None:
        change(bob, ada, 403, first_name="Mallory")
        assert own_view(ada)["first_name"] == "Ada", "403, but the name has changed"

    @pytest.mark.parametrize("field", ["username", "email"])
    def test_refuses_what_is_taken(self, ada: Guest, bob: Guest, field: str) -> None:
        change(ada, ada, 409, **{field: bob.account[field]})

    def test_refuses_what_is_no_address(self, ada: Guest) -> None:
        change(ada, ada, 422, email="nobody")

    def test_takes_another_address_to_log_in_with(self, ada: Guest) -> None:
        address = f"{uuid4().hex}@example.com"
        change(ada, ada, 200, email=address)
        ada.try_log_in(address, PASSWORD, 200)

    def test_asks_for_a_token(self, visitor: Guest, ada: Guest) -> None:
        visitor.put(path_of(ada), json={"first_name": "Nobody"}, expect=401)


@pytest.mark.roadmap("3.4")
class TestSearch:
    def test_finds_a_part_of_the_name_in_any_case(self, ada: Guest, bob: Guest) -> None:
        part = bob.account["username"][2:-2].upper()
        found = every(ada, "/api/users/", search=part)
        assert [account["id"] for account in found] == [bob.id]

    def test_searches_before_it_cuts_the_page(self, ada: Guest, bob: Guest) -> None:
        params = {"search": bob.account["username"], "limit": 1}
        found = ada.get("/api/users/", params=params, expect=200).json()
        assert [account["id"] for account in found] == [bob.id]


@pytest.mark.roadmap("4.1")
class TestAdmin:
    def test_is_there_from_the_start(self, admin: Guest) -> None:
        assert own_view(admin)["role"] == "admin"

    @pytest.mark.parametrize(("sent", "role"), [({"role": "admin"}, "admin"), ({}, "user")])
    def test_makes_accounts(self, admin: Guest, sent: Json, role: str) -> None:
        account = new_account(**sent)
        made = admin.post("/api/users/", json=account, expect=201).json()
        assert (made["username"], made["role"]) == (account["username"], role)
        assert own_view(admin.log_in(account["email"], PASSWORD))["role"] == role

    def test_nobody_else_makes_accounts(self, visitor: Guest, ada: Guest) -> None:
        check_refusal(visitor.post("/api/users/", json=new_account(), expect=401))
        check_refusal(ada.post("/api/users/", json=new_account(), expect=403))

    def test_starts_twice_on_the_same_data(self, start: Start) -> None:
        with start() as visitor:
            visitor.as_admin()
        with start() as visitor:
            visitor.as_admin()


@pytest.mark.roadmap("4.2")
class TestRoles:
    def test_an_administrator_makes_another(self, admin: Guest, ada: Guest) -> None:
        assert change(admin, ada, 200, role="admin")["role"] == "admin"
        ada.post("/api/users/", json=new_account(), expect=201, item="4.1")

    def test_an_administrator_is_one_no_more(self, admin: Guest, ada: Guest) -> None:
        change(admin, ada, 200, role="admin")
        change(admin, ada, 200, role="user")
        ada.post("/api/users/", json=new_account(), expect=403)

    def test_nobody_promotes_themselves(self, ada: Guest) -> None:
        change(ada, ada, 403, role="admin")
        assert own_view(ada)["role"] == "user", "403, but the role has changed"

    def test_administrators_change_profiles(self, admin: Guest, ada: Guest) -> None:
        change(admin, ada, 200, first_name="Augusta")
        assert own_view(ada)["first_name"] == "Augusta"

    def test_refuses_a_role_that_is_none(self, admin: Guest, ada: Guest) -> None:
        change(admin, ada, 422, role="emperor")

    def test_knows_what_is_not_there(self, admin: Guest) -> None:
        body = {"first_name": "Nobody"}
        check_refusal(admin.put(f"/api/users/{UNKNOWN_ID}", json=body, expect=404))


@pytest.mark.roadmap("4.3")
class TestSoftDelete:
    def test_an_account_ends_itself(self, ada: Guest) -> None:
        deactivate(ada, ada)
        ada.try_log_in(ada.account["email"], PASSWORD, 401)

    def test_an_administrator_ends_an_account(self, admin: Guest, ada: Guest) -> None:
        deactivate(admin, ada)
        ada.get("/api/auth/me", expect=401)

    def test_nobody_else_does(self, ada: Guest, bob: Guest) -> None:
        check_refusal(bob.delete(path_of(ada), expect=403))
        assert own_view(ada)["is_active"], "403, but the account is deactivated"

    def test_its_refresh_token_is_dead(self, admin: Guest, ada: Guest) -> None:
        tokens = ada.try_log_in(ada.account["email"], PASSWORD, 200).json()
        deactivate(admin, ada)
        body = {"refresh_token": tokens["refresh_token"]}
        ada.post("/api/auth/refresh", json=body, expect=401)

    def test_others_see_it_no_more(self, admin: Guest, ada: Guest, bob: Guest) -> None:
        deactivate(admin, ada)
        bob.get(path_of(ada), expect=404)
        assert ada.id not in [account["id"] for account in every(bob, "/api/users/")]

    def test_administrators_see_it(self, admin: Guest, ada: Guest) -> None:
        deactivate(admin, ada)
        assert admin.get(path_of(ada), expect=200).json()["is_active"] is False

    def test_its_name_stays_taken(self, visitor: Guest, admin: Guest, ada: Guest) -> None:
        deactivate(admin, ada)
        again = new_account(username=ada.account["username"])
        visitor.post("/api/auth/register", json=again, expect=409)

    def test_asks_for_a_token(self, visitor: Guest, ada: Guest) -> None:
        visitor.delete(path_of(ada), expect=401)


@pytest.mark.roadmap("5.1")
class TestCors:
    def test_a_configured_origin_may_read(self, visitor: Guest) -> None:
        answer = visitor.get("/health", headers={"Origin": ORIGIN}, expect=200, item="1.1")
        assert answer.headers.get("access-control-allow-origin") == ORIGIN

    def test_a_configured_origin_may_write(self, visitor: Guest) -> None:
        headers = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        answer = visitor.request("OPTIONS", "/api/auth/login", headers=headers, expect=(200, 204))
        assert answer.headers.get("access-control-allow-origin") == ORIGIN

    def test_others_may_not(self, visitor: Guest) -> None:
        other = "http://evil.example"
        answer = visitor.get("/health", headers={"Origin": other}, expect=200, item="1.1")
        assert answer.headers.get("access-control-allow-origin") not in ("*", other)


@pytest.mark.roadmap("5.2")
class TestFolder:
    def test_names_its_requirements(self, target: Target) -> None:
        file = folders.need(folders.folder_of(target), "requirements.txt")
        folders.need_words(file, "fastapi")

    def test_names_its_settings(self, target: Target) -> None:
        file = folders.need(folders.folder_of(target), ".env.example")
        folders.need_words(file, *SETTINGS)


@pytest.mark.roadmap("5.3")
def test_migrations_make_the_tables(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "migrated.db"
    place = folders.need(folders.folder_of(target), "alembic.ini").parent
    url = f"sqlite+aiosqlite:///{file}"
    folders.run(place, "alembic", "upgrade", "head", DATABASE_URL=url)
    with closing(sqlite3.connect(file)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        columns = [
            {row[1] for row in database.execute(f"PRAGMA table_info('{table}')")}
            for table in tables
        ]
    assert "alembic_version" in tables, "the file that DATABASE_URL names has not been migrated"
    assert any(names >= {"username", "email"} for names in columns), "no table has the users"
