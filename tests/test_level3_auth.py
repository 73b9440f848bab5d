"""Level 3: users, passwords and tokens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urljoin, urlsplit

import jwt
import pytest

from tests.course import database
from tests.course.target import SECRET_KEY, RunningServer, Target, read_database
from tests.course.visitor import CREATED, Start, Visitor, new_link, new_user

JSON = {"Content-Type": "application/json"}
SURROGATE = '"\\ud800 12345678"'

# What the contract lets through beside 409 for a name that is taken, and 401 for a wrong password.
TAKEN = (400, 409)
WRONG = (400, 401)


def claims_of(visitor: Visitor) -> dict[str, Any]:
    """Return what the token of a visitor says."""
    claims: dict[str, Any] = jwt.decode(visitor.token or "", options={"verify_signature": False})
    return claims


@pytest.fixture
def user_claims(target: Target, visitor: Visitor) -> dict[str, Any]:
    """Return what a user's token says, once the app has accepted the like of it signed here."""
    if isinstance(target, RunningServer):
        pytest.skip("the tests do not know the key of a server: use --app")
    user = visitor.sign_up()
    user.save()
    claims = claims_of(user)
    signed_here = visitor.with_token(jwt.encode(claims, SECRET_KEY, "HS256"))
    if signed_here.post("/links", json=new_link()).status_code not in CREATED:
        pytest.fail("the app does not take its key from JWT_SECRET_KEY", pytrace=False)
    return claims


@pytest.mark.roadmap("3.1")
class TestUserTable:
    @pytest.mark.parametrize("field", ["username", "email"])
    def test_refuses_a_name_or_email_that_is_taken(self, visitor: Visitor, field: str) -> None:
        taken = visitor.register()
        visitor.post("/auth/register", json=new_user(**{field: taken[field]}), expect=TAKEN)

    def test_users_outlive_their_names_being_refused(self, visitor: Visitor) -> None:
        user = visitor.register()
        again = user | {"password": "another one"}
        visitor.post("/auth/register", json=again, expect=TAKEN)
        visitor.log_in(user["username"], user["password"])


@pytest.mark.roadmap("3.1")
@pytest.mark.hardening
class TestUserTableHardened:
    @pytest.mark.parametrize("field", ["username", "email"])
    def test_says_conflict(self, visitor: Visitor, field: str) -> None:
        taken = visitor.register()
        visitor.post("/auth/register", json=new_user(**{field: taken[field]}), expect=409)

    @pytest.mark.parametrize("field", ["username", "email"])
    def test_does_not_tell_upper_from_lower_case(self, visitor: Visitor, field: str) -> None:
        taken = visitor.register()
        again = new_user(**{field: taken[field].upper()})
        visitor.post("/auth/register", json=again, expect=TAKEN)

    def test_lets_one_of_many_equal_sign_ups_through(self, visitor: Visitor) -> None:
        user = new_user()
        with ThreadPoolExecutor(20) as pool:
            answers = pool.map(lambda _: visitor.post("/auth/register", json=user), range(20))
        statuses = sorted(answer.status_code for answer in answers)
        refused = [status for status in statuses if status in TAKEN]
        assert (statuses[0] in CREATED, len(refused)) == (True, 19), statuses


@pytest.mark.roadmap("3.2")
class TestRegister:
    def test_creates_an_account(self, visitor: Visitor) -> None:
        user = new_user()
        answer = visitor.post("/auth/register", json=user, expect=CREATED).json()
        assert isinstance(answer.get("id"), int), f"no id, or none that is an integer: {answer}"
        shown = (answer.get("username"), answer.get("email"))
        assert shown == (user["username"], user["email"])

    def test_never_shows_the_password(self, visitor: Visitor) -> None:
        user = new_user(password="open sesame")
        answer = visitor.post("/auth/register", json=user, expect=CREATED)
        shown = [key for key in answer.json() if "password" in key or "hash" in key]
        assert not shown, f"the answer shows {shown}"
        assert user["password"] not in answer.text

    def test_stores_a_slow_hash_and_not_the_password(
        self, visitor: Visitor, database_file: Path
    ) -> None:
        user = visitor.register(password="open sesame")
        stored = read_database(database_file)
        user_found, password_found = user["username"].encode() in stored, b"open sesame" in stored
        assert user_found, "the user is not in the file that DATABASE_URL names"
        assert not password_found, "the password is in the database as it is"
        assert database.slow_hashes(database_file), "no bcrypt hash is in the database"

    @pytest.mark.parametrize("field", ["username", "email", "password"])
    def test_needs_all_three_fields(self, visitor: Visitor, field: str) -> None:
        user = new_user()
        del user[field]
        visitor.post("/auth/register", json=user, expect=422)


@pytest.mark.roadmap("3.2")
@pytest.mark.hardening
class TestRegisterHardened:
    def test_says_created_for_what_it_has_created(self, visitor: Visitor) -> None:
        visitor.post("/auth/register", json=new_user(), expect=201)

    def test_salts_each_hash(self, visitor: Visitor, database_file: Path) -> None:
        visitor.register(password="the same for both")
        before = database.slow_hashes(database_file)
        visitor.register(password="the same for both")
        assert database.slow_hashes(database_file) > before, (
            "two users with one password have the same hash"
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"username": ""},
            {"username": "with a blank"},
            {"username": "nul\0"},
            {"username": 7},
            {"email": "nobody"},
            {"email": "nobody@"},
            {"email": "a\0b@example.com"},
            {"email": None},
        ],
        ids=str,
    )
    def test_refuses_what_is_no_name_and_no_email(
        self, visitor: Visitor, change: dict[str, Any]
    ) -> None:
        visitor.post("/auth/register", json=new_user(**change), expect=422)

    @pytest.mark.parametrize("password", ["", "pass7ch", 12345678901, ["open", "sesame"]], ids=str)
    def test_refuses_a_password_without_repeating_it(
        self, visitor: Visitor, password: object
    ) -> None:
        user = new_user(password=password)
        answer = visitor.post("/auth/register", json=user, expect=422)
        assert not password or str(password) not in answer.text

    def test_does_not_repeat_the_password_when_another_field_is_wrong(
        self, visitor: Visitor
    ) -> None:
        user = new_user(password="open sesame", email="nobody")
        del user["username"]
        answer = visitor.post("/auth/register", json=user, expect=422)
        assert "open sesame" not in answer.text

    def test_survives_a_password_that_is_no_text(self, visitor: Visitor) -> None:
        body = f'{{"username": "odd", "email": "s@example.com", "password": {SURROGATE}}}'
        visitor.post("/auth/register", content=body.encode(), headers=JSON, expect=422)

    @pytest.mark.parametrize("length", [72, 73, 128, 200])
    def test_reads_every_character_of_a_long_password(self, visitor: Visitor, length: int) -> None:
        user = visitor.register(password="x" * (length - 1) + "1")
        visitor.log_in(user["username"], user["password"])
        form = {"username": user["username"], "password": "x" * (length - 1) + "2"}
        visitor.post("/auth/token", data=form, expect=WRONG)

    @pytest.mark.parametrize("password", ["pässwörter", "🦄" * 40, "blank at the end "])
    def test_takes_any_character_in_a_password(self, visitor: Visitor, password: str) -> None:
        user = visitor.register(password=password)
        visitor.log_in(user["username"], password)

    def test_gives_no_rights_to_those_who_ask_for_them(self, visitor: Visitor) -> None:
        first = visitor.post("/auth/register", json=new_user(), expect=CREATED).json()
        wish = new_user(id=first["id"], is_admin=True, role="admin")
        answer = visitor.post("/auth/register", json=wish, expect=CREATED).json()
        assert answer["id"] != first["id"]
        assert answer.get("role") != "admin"


@pytest.mark.roadmap("3.3")
class TestLogIn:
    def test_answers_with_a_bearer_token(self, visitor: Visitor) -> None:
        user = visitor.register()
        form = {"username": user["username"], "password": user["password"]}
        answer = visitor.post("/auth/token", data=form, expect=200).json()
        assert str(answer.get("token_type")).lower() == "bearer"
        assert str(answer.get("access_token")).count(".") == 2, f"no JWT: {answer}"

    def test_says_in_the_token_whom_it_was_made_for(self, visitor: Visitor) -> None:
        subject = claims_of(visitor.sign_up()).get("sub")
        assert subject, "the token has no sub"
        assert isinstance(subject, str), (
            f"sub is {subject!r}: the standard wants text, str(user.id)"
        )

    def test_says_in_the_token_when_it_ends(self, visitor: Visitor) -> None:
        end = claims_of(visitor.sign_up()).get("exp")
        assert end, "the token has no exp: it is good for ever"
        assert end > datetime.now(UTC).timestamp(), "the token ends before it begins: use UTC"

    def test_refuses_a_wrong_password(self, visitor: Visitor) -> None:
        user = visitor.register()
        form = {"username": user["username"], "password": "wrong password"}
        visitor.post("/auth/token", data=form, expect=WRONG)

    def test_refuses_the_password_of_somebody_else(self, visitor: Visitor) -> None:
        user, other = visitor.register(), visitor.register(password="battery staple")
        form = {"username": user["username"], "password": other["password"]}
        visitor.post("/auth/token", data=form, expect=WRONG)

    def test_refuses_a_name_that_nobody_has(self, visitor: Visitor) -> None:
        form = {"username": visitor.register()["username"] + "x", "password": "correct horse"}
        visitor.post("/auth/token", data=form, expect=WRONG)

    def test_the_documentation_page_logs_in_where_the_route_is(self, visitor: Visitor) -> None:
        visitor.sign_up()
        schema = visitor.get("/openapi.json", expect=200).json()
        for scheme in schema.get("components", {}).get("securitySchemes", {}).values():
            if token_url := scheme.get("flows", {}).get("password", {}).get("tokenUrl"):
                path = urlsplit(urljoin("http://here/docs", token_url)).path.rstrip("/")
                assert path == "/auth/token", f"Authorize in /docs asks {path}: see tokenUrl"


@pytest.mark.roadmap("3.3")
@pytest.mark.hardening
class TestLogInHardened:
    def test_signs_a_token_for_the_user_and_half_an_hour(self, visitor: Visitor) -> None:
        user = new_user()
        user_id = visitor.post("/auth/register", json=user, expect=CREATED).json()["id"]
        claims = claims_of(visitor.log_in(user["username"], user["password"]))
        assert claims["sub"] == str(user_id)
        lifetime = datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC)
        assert timedelta(minutes=25) < lifetime <= timedelta(minutes=31)

    def test_takes_the_name_in_any_case(self, visitor: Visitor) -> None:
        user = visitor.register()
        visitor.log_in(user["username"].upper(), user["password"])

    def test_says_no_in_the_same_words_to_a_wrong_name_and_a_wrong_password(
        self, visitor: Visitor
    ) -> None:
        user = visitor.register()
        tries = [
            {"username": user["username"], "password": "wrong password"},
            {"username": "nobody-at-all", "password": user["password"]},
        ]
        answers = [visitor.post("/auth/token", data=form, expect=401) for form in tries]
        assert answers[0].json() == answers[1].json()
        assert [a.headers.get("www-authenticate") for a in answers] == ["Bearer", "Bearer"]

    def test_answers_others_while_it_checks_a_password(
        self, visitor: Visitor, database_file: Path
    ) -> None:
        user = visitor.register()
        if not database.slow_down_hashes(database_file, cost=12):
            pytest.skip("the hashes are not bcrypt's")
        waits = []
        with ThreadPoolExecutor(1) as thread:
            log_in = thread.submit(visitor.post, "/auth/token", data=user)
            while not log_in.done():
                asked = perf_counter()
                visitor.get("/", expect=200)
                waits.append(perf_counter() - asked)
        assert max(waits) < sum(waits) / 2, (
            "the whole app stood still while a password was checked, which takes long.\n"
            "Await it in a thread, asyncio.to_thread(...), or make the route a plain def."
        )

    @pytest.mark.parametrize("password", ["", "nul\0", "x" * 5000, "ü" * 200], ids=len)
    def test_refuses_odd_passwords_calmly(self, visitor: Visitor, password: str) -> None:
        user = visitor.register()
        form = {"username": user["username"], "password": password}
        visitor.post("/auth/token", data=form, expect=(400, 401, 422))

    @pytest.mark.parametrize(
        "body", [b"", b"username=a", b"password=b", b"username=%ED%A0%80&password=%00", b"\xff"]
    )
    def test_refuses_a_form_that_is_none(self, visitor: Visitor, body: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        visitor.post("/auth/token", content=body, headers=headers, expect=(400, 401, 422))

    @pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "nonsense"])
    def test_refuses_letters_that_do_not_exist(self, visitor: Visitor, charset: str) -> None:
        fields = {"username": visitor.register()["username"], "password": r"\ud800+2AA-"}
        body = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        body = f"{body}--x--\r\n"
        visitor.post("/auth/token", content=body, headers=headers, expect=(400, 401, 422))

    def test_wants_a_form_and_no_json(self, visitor: Visitor) -> None:
        visitor.post("/auth/token", json=visitor.register(), expect=422)


@pytest.mark.roadmap("3.4")
class TestProtectedRoute:
    def test_refuses_a_link_from_nobody(self, visitor: Visitor) -> None:
        visitor.post("/links", json=new_link(), expect=401)

    def test_takes_a_link_from_a_user_and_shows_it_to_all(self, visitor: Visitor) -> None:
        saved = visitor.sign_up().save()
        shown = visitor.get(f"/links/{saved['id']}", expect=200).json()
        assert shown["title"] == saved["title"]
        assert saved["title"] in [link["title"] for link in visitor.all_links()]

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi"])
    def test_refuses_what_is_no_token(self, visitor: Visitor, header: str) -> None:
        headers = {"Authorization": header}
        visitor.post("/links", json=new_link(), headers=headers, expect=401)

    def test_refuses_a_token_that_somebody_changed(self, visitor: Visitor) -> None:
        head, claims, signature = str(visitor.sign_up().token).split(".")
        changed = f"{head}.{claims}.{signature[::-1]}"
        visitor.with_token(changed).post("/links", json=new_link(), expect=401)

    @pytest.mark.parametrize(
        ("key", "algorithm"), [("another key, also quite long enough", "HS256"), ("", "none")]
    )
    def test_refuses_a_token_that_the_app_has_not_signed(
        self, visitor: Visitor, key: str, algorithm: str
    ) -> None:
        token = jwt.encode(claims_of(visitor.sign_up()), key, algorithm)
        visitor.with_token(token).post("/links", json=new_link(), expect=401)


@pytest.mark.roadmap("3.4")
@pytest.mark.hardening
class TestProtectedRouteHardened:
    def test_says_how_to_come_in(self, visitor: Visitor) -> None:
        for headers in ({}, {"Authorization": "Bearer x"}):
            answer = visitor.post("/links", json=new_link(), headers=headers, expect=401)
            assert answer.headers.get("www-authenticate") == "Bearer", "no WWW-Authenticate header"

    def test_refuses_letters_that_no_token_has(self, visitor: Visitor) -> None:
        headers = {"Authorization": "Bearer é".encode("latin-1")}
        visitor.post("/links", json=new_link(), headers=headers, expect=401)

    def test_ignores_a_token_in_the_query(self, visitor: Visitor) -> None:
        token = visitor.sign_up().token
        params = {"token": token, "access_token": token}
        visitor.post("/links", json=new_link(), params=params, expect=401)

    def test_reads_the_scheme_in_any_case(self, visitor: Visitor) -> None:
        headers = {"Authorization": f"bearer {visitor.sign_up().token}"}
        visitor.post("/links", json=new_link(), headers=headers, expect=CREATED)

    def test_a_token_outlives_a_restart(self, start: Start) -> None:
        with start() as visitor:
            token = visitor.sign_up().token
        with start() as visitor:
            visitor.with_token(token or "").save()

    def test_a_token_does_not_outlive_its_user(self, visitor: Visitor, database_file: Path) -> None:
        user = visitor.register()
        logged_in = visitor.log_in(user["username"], user["password"])
        database.delete_row(database_file, user["username"])
        logged_in.post("/links", json=new_link(), expect=401)

    @pytest.mark.parametrize(
        "change",
        [
            {"exp": 1},
            {"exp": None},
            {"exp": "tomorrow"},
            {"exp": []},
            {"sub": None},
            {"sub": ""},
            {"sub": 1},
            {"sub": "0"},
            {"sub": "-1"},
            {"sub": "somebody"},
            {"sub": "2147483647"},
            {"sub": "9" * 30},
            {"sub": "9" * 5000},
            {"sub": ["1"]},
        ],
        ids=lambda change: str(change)[:30],
    )
    def test_refuses_a_token_with_odd_claims(
        self, user_claims: dict[str, Any], visitor: Visitor, change: dict[str, Any]
    ) -> None:
        claims = {k: v for k, v in (user_claims | change).items() if v is not None}
        token = jwt.encode(claims, SECRET_KEY, "HS256")
        visitor.with_token(token).post("/links", json=new_link(), expect=401)

    def test_lets_no_page_of_another_site_use_a_log_in(self, visitor: Visitor) -> None:
        visitor.sign_up()
        answer = visitor.get("/links", headers={"Origin": "https://evil.example"}, expect=200)
        allowed = answer.headers.get("access-control-allow-origin") in ("*", "https://evil.example")
        with_credentials = answer.headers.get("access-control-allow-credentials") == "true"
        assert not (allowed and with_credentials), (
            "any site may call this API with its visitors' cookies: "
            "name the origins, or leave allow_credentials out"
        )

    def test_sends_nobody_to_a_host_that_the_client_made_up(self, visitor: Visitor) -> None:
        visitor.sign_up().save()
        answer = visitor.get("/links/", headers={"Host": "evil.example"}, follow_redirects=False)
        assert "evil.example" not in answer.headers.get("location", "")

    @pytest.mark.parametrize(
        "body",
        [
            b"1e999",
            b'{"title": NaN, "url": "http://example.com"}',
            b'{"title": -Infinity, "url": "http://example.com"}',
            f'{{"title": {SURROGATE}, "url": "http://example.com"}}'.encode(),
            f'{{"title": "t", "url": {SURROGATE}}}'.encode(),
            f'{{"title": "t", "url": "http://example.com", "description": {SURROGATE}}}'.encode(),
        ],
        ids=lambda body: body[:45].decode("latin-1"),
    )
    def test_survives_what_json_cannot_repeat(self, visitor: Visitor, body: bytes) -> None:
        writer = visitor.sign_up()
        writer.post("/links", content=body, headers=JSON, expect=(400, 422))

    @pytest.mark.parametrize("change", [{"url": "secret-word"}, {"description": ["secret-word"]}])
    def test_does_not_repeat_what_it_refuses(
        self, visitor: Visitor, change: dict[str, Any]
    ) -> None:
        answer = visitor.sign_up().post("/links", json=new_link(**change), expect=422)
        assert "secret-word" not in answer.text
