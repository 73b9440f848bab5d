"""Level 3: users, passwords and tokens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.course.target import SECRET_KEY, RunningServer, Target, read_database
from tests.course.visitor import Visitor, new_link, new_user


@pytest.fixture
def user_claims(target: Target, visitor: Visitor) -> dict[str, Any]:
    """Return what a user's token says, once the app has accepted the like of it signed here."""
    if isinstance(target, RunningServer):
        pytest.skip("the tests do not know the key of a server: use --app")
    token = visitor.sign_up().token or ""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    signed_here = visitor.with_token(jwt.encode(claims, SECRET_KEY, "HS256"))
    if signed_here.post("/links", json=new_link()).status_code != 201:
        pytest.fail("the app does not take its key from JWT_SECRET_KEY", pytrace=False)
    return claims


@pytest.mark.roadmap("3.1")
class TestUserTable:
    @pytest.mark.parametrize("field", ["username", "email"])
    def test_refuses_a_name_or_email_that_is_taken(self, visitor: Visitor, field: str) -> None:
        taken = visitor.register()
        visitor.post("/auth/register", json=new_user(**{field: taken[field]}), expect=409)

    @pytest.mark.parametrize("field", ["username", "email"])
    def test_does_not_tell_upper_from_lower_case(self, visitor: Visitor, field: str) -> None:
        taken = visitor.register()
        again = new_user(**{field: taken[field].upper()})
        visitor.post("/auth/register", json=again, expect=409)

    def test_does_not_tell_two_spellings_of_a_letter_apart(self, visitor: Visitor) -> None:
        taken = visitor.register()
        wide = "".join(chr(ord(letter) + 0xFEE0) for letter in taken["email"].split("@")[0])
        again = new_user(email=f"{wide}@example.com")
        visitor.post("/auth/register", json=again, expect=409)

    def test_lets_one_of_many_equal_sign_ups_through(self, visitor: Visitor) -> None:
        user = new_user()
        with ThreadPoolExecutor(40) as pool:
            answers = pool.map(lambda _: visitor.post("/auth/register", json=user), range(40))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [201] + 39 * [409]

    def test_users_outlive_their_names_being_refused(self, visitor: Visitor) -> None:
        user = visitor.register()
        visitor.post("/auth/register", json=user | {"password": "another one"}, expect=409)
        visitor.log_in(user["username"], user["password"])


@pytest.mark.roadmap("3.2")
class TestRegister:
    def test_creates_an_account(self, visitor: Visitor) -> None:
        user = new_user()
        answer = visitor.post("/auth/register", json=user, expect=201).json()
        assert isinstance(answer["id"], int)
        assert (answer["username"], answer["email"]) == (user["username"], user["email"])

    def test_never_shows_the_password(self, visitor: Visitor) -> None:
        user = new_user(password="open sesame")
        answer = visitor.post("/auth/register", json=user, expect=201)
        assert not [key for key in answer.json() if "password" in key or "hash" in key]
        assert user["password"] not in answer.text

    def test_stores_a_bcrypt_hash_and_not_the_password(
        self, visitor: Visitor, database_file: Path
    ) -> None:
        user = visitor.register(password="open sesame")
        stored = read_database(database_file)
        user_found, password_found = user["username"].encode() in stored, b"open sesame" in stored
        assert user_found, "the user is not in the file that DATABASE_URL names"
        assert not password_found, "the password is in the database as it is"
        hash_found = b"$2b$" in stored or b"$bcrypt-sha256$" in stored
        assert hash_found, "no bcrypt hash is in the database"

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
        answer = visitor.post("/auth/register", json=user, expect=422)
        assert "open sesame" not in answer.text

    def test_survives_a_password_that_is_no_text(self, visitor: Visitor) -> None:
        body = (
            b'{"username": "surrogate", "email": "s@example.com", "password": "\\ud800 12345678"}'
        )
        headers = {"Content-Type": "application/json"}
        visitor.post("/auth/register", content=body, headers=headers, expect=422)

    @pytest.mark.parametrize("length", [71, 72, 73, 128, 200])
    def test_reads_every_character_of_a_long_password(self, visitor: Visitor, length: int) -> None:
        user = visitor.register(password="x" * (length - 1) + "1")
        visitor.log_in(user["username"], user["password"])
        form = {"username": user["username"], "password": "x" * (length - 1) + "2"}
        visitor.post("/auth/token", data=form, expect=401)

    @pytest.mark.parametrize("password", ["pässwörter", "🦄" * 40, "blank at the end "])
    def test_takes_any_character_in_a_password(self, visitor: Visitor, password: str) -> None:
        user = visitor.register(password=password)
        visitor.log_in(user["username"], password)

    def test_gives_no_rights_to_those_who_ask_for_them(self, visitor: Visitor) -> None:
        first = visitor.post("/auth/register", json=new_user(), expect=201).json()
        wish = new_user(id=first["id"], is_admin=True, role="admin")
        answer = visitor.post("/auth/register", json=wish, expect=201).json()
        assert answer["id"] != first["id"]
        assert answer.get("role") != "admin"


@pytest.mark.roadmap("3.3")
class TestLogIn:
    def test_answers_with_a_bearer_token(self, visitor: Visitor) -> None:
        user = visitor.register()
        form = {"username": user["username"], "password": user["password"]}
        answer = visitor.post("/auth/token", data=form, expect=200).json()
        assert answer["token_type"] == "bearer"
        assert answer["access_token"].count(".") == 2

    def test_signs_a_token_for_the_user_and_half_an_hour(self, visitor: Visitor) -> None:
        user = new_user()
        user_id = visitor.post("/auth/register", json=user, expect=201).json()["id"]
        token = visitor.log_in(user["username"], user["password"]).token
        claims = jwt.decode(token or "", options={"verify_signature": False})
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
        assert [a.headers["www-authenticate"] for a in answers] == ["Bearer", "Bearer"]

    @pytest.mark.parametrize("password", ["", "nul\0", "x" * 5000, "ü" * 200], ids=len)
    def test_refuses_odd_passwords_calmly(self, visitor: Visitor, password: str) -> None:
        user = visitor.register()
        form = {"username": user["username"], "password": password}
        visitor.post("/auth/token", data=form, expect=(401, 422))

    @pytest.mark.parametrize(
        "body", [b"", b"username=a", b"password=b", b"username=%ED%A0%80&password=%00", b"\xff"]
    )
    def test_refuses_a_form_that_is_none(self, visitor: Visitor, body: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        visitor.post("/auth/token", content=body, headers=headers, expect=(400, 401, 422))

    @pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "nonsense"])
    def test_refuses_letters_that_do_not_exist(self, visitor: Visitor, charset: str) -> None:
        user = visitor.register()
        fields = {"username": user["username"], "password": r"\ud800+2AA-"}
        body = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        body = f"{body}--x--\r\n"
        visitor.post("/auth/token", content=body, headers=headers, expect=(400, 401, 422))

    def test_wants_a_form_and_no_json(self, visitor: Visitor) -> None:
        user = visitor.register()
        visitor.post("/auth/token", json=user, expect=422)


@pytest.mark.roadmap("3.4")
class TestProtectedRoute:
    def test_refuses_a_link_from_nobody(self, visitor: Visitor) -> None:
        answer = visitor.post("/links", json=new_link(), expect=401)
        assert answer.headers["www-authenticate"] == "Bearer"

    def test_takes_a_link_from_a_user_and_shows_it_to_all(self, visitor: Visitor) -> None:
        saved = visitor.sign_up().save()
        shown = visitor.get(f"/links/{saved['id']}", expect=200).json()
        assert shown["title"] == saved["title"]
        assert saved["title"] in [link["title"] for link in visitor.all_links()]

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer é"]
    )
    def test_refuses_what_is_no_token(self, visitor: Visitor, header: str) -> None:
        headers = {"Authorization": header.encode("latin-1")}
        visitor.post("/links", json=new_link(), headers=headers, expect=401)

    def test_ignores_a_token_in_the_query(self, visitor: Visitor) -> None:
        token = visitor.sign_up().token
        params = {"token": token, "access_token": token}
        visitor.post("/links", json=new_link(), params=params, expect=401)

    def test_reads_the_scheme_in_any_case(self, visitor: Visitor) -> None:
        headers = {"Authorization": f"bearer {visitor.sign_up().token}"}
        visitor.post("/links", json=new_link(), headers=headers, expect=201)

    def test_refuses_a_token_that_somebody_changed(self, visitor: Visitor) -> None:
        head, claims, signature = str(visitor.sign_up().token).split(".")
        changed = f"{head}.{claims}.{signature[::-1]}"
        visitor.with_token(changed).post("/links", json=new_link(), expect=401)

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

    @pytest.mark.parametrize(
        ("key", "algorithm"), [("another key, also quite long enough", "HS256"), ("", "none")]
    )
    def test_refuses_a_token_that_is_signed_otherwise(
        self, user_claims: dict[str, Any], visitor: Visitor, key: str, algorithm: str
    ) -> None:
        token = jwt.encode(user_claims, key, algorithm)
        visitor.with_token(token).post("/links", json=new_link(), expect=401)
