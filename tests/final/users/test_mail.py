"""Accounts by mail: letters that arrive, and tokens that are good once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import update

from final.core.config import Settings
from final.core.database.engine import utcnow
from final.users import service
from final.users.mail.service import verify_email
from final.users.mail.tokens import issue_token
from final.users.models import MailToken
from tests.support.mail import Postman, mail_server, token_in
from tests.support.server import PASSWORD, Person, Server, make_settings

OTHER = "or maybe five of them"
VERIFY = "/api/auth/verify-email"


@pytest.fixture(scope="module")
def smtp() -> Iterator[Controller]:
    """Run a mail server."""
    with mail_server() as controller:
        yield controller


@pytest.fixture
def postman(smtp: Controller) -> Postman:
    """Return who has the letters; nobody has had any yet."""
    postman: Postman = smtp.handler
    postman.letters.clear()
    return postman


@pytest.fixture
def settings(settings: Settings, smtp: Controller) -> Settings:
    """Send by that server."""
    changes = {"smtp_host": "127.0.0.1", "smtp_port": smtp.port, "smtp_security": "none"}
    return settings.model_copy(update=changes)


def forget(server: Server, email: str = "ada@example.com") -> Any:
    """Ask for another password."""
    return server.client.post("/api/auth/forgot-password", json={"email": email})


def reset(server: Server, token: str, password: str = OTHER) -> int:
    """Set another password; return the status."""
    body = {"token": token, "new_password": password}
    return server.client.post("/api/auth/reset-password", json=body).status_code


def verify(server: Server, token: str) -> int:
    """Say that a letter has arrived; return the status."""
    return server.client.post(VERIFY, json={"token": token}).status_code


def reset_token(server: Server, postman: Postman) -> str:
    """Return the token of a letter to Ada."""
    assert forget(server).status_code == 202
    return token_in(postman.received("password"))


def age(server: Server, **values: Any) -> None:
    """Change what is stored of the letters."""

    async def change(session: Any) -> None:
        await session.exec(update(MailToken).values(**values))

    server.in_session(change)


class TestForgottenPassword:
    def test_a_letter_leads_to_another(self, server: Server, ada: Person, postman: Postman) -> None:
        assert forget(server, "ADA@example.com").status_code == 202
        letter = postman.received("password")
        assert letter["To"] == "ada@example.com"
        assert token_in(letter) == token_in(letter, "html")
        assert reset(server, token_in(letter)) == 204
        assert server.get("/users/me", ada).status_code == 401
        assert [server.log_in("ada", word).status_code for word in (PASSWORD, OTHER)] == [401, 200]

    def test_nobody_learns_who_has_an_account(
        self, server: Server, ada: Person, postman: Postman
    ) -> None:
        server.change_user(server.join("gone").id, is_active=False)
        answers = [forget(server, f"{name}@example.com") for name in ("ada", "nobody", "gone")]
        assert len({(answer.status_code, answer.text) for answer in answers}) == 1
        assert postman.received("password")["To"] == "ada@example.com"
        server.run(server.resources.background.wait)
        assert postman.letters == []

    def test_a_token_is_good_once(self, server: Server, ada: Person, postman: Postman) -> None:
        token = reset_token(server, postman)
        assert [reset(server, token), reset(server, token, PASSWORD)] == [204, 400]

    def test_older_letters_die_with_it(self, server: Server, ada: Person, postman: Postman) -> None:
        older, newer = (reset_token(server, postman) for _ in range(2))
        assert [reset(server, newer), reset(server, older)] == [204, 400]

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/api/auth/password", {"current_password": PASSWORD, "new_password": OTHER}),
            ("PUT", "/api/users/{}", {"email": "new@example.com"}),
        ],
        ids=["password", "address"],
    )
    def test_another_password_or_address_ends_it(
        self, server: Server, ada: Person, postman: Postman, method: str, path: str, body: Any
    ) -> None:
        token = reset_token(server, postman)
        assert server.call(method, path.format(ada.id), ada, json=body).is_success
        assert reset(server, token) == 400

    def test_half_an_hour_ends_it(self, server: Server, ada: Person, postman: Postman) -> None:
        token = reset_token(server, postman)
        age(server, expires_at=utcnow())
        assert reset(server, token) == 400

    def test_a_password_that_is_refused_leaves_it_good(
        self, server: Server, ada: Person, postman: Postman
    ) -> None:
        token = reset_token(server, postman)
        bad = ["short", "password", "ada@example.com"]
        assert [reset(server, token, word) for word in bad] == [422] * 3
        assert reset(server, token) == 204

    def test_five_letters_an_hour_are_enough(
        self, server: Server, ada: Person, postman: Postman
    ) -> None:
        for _ in range(7):
            assert forget(server).status_code == 202
        server.run(server.resources.background.wait)
        assert len(postman.letters) == 5
        age(server, created_at=utcnow() - timedelta(minutes=61))
        postman.letters.clear()
        reset_token(server, postman)

    @pytest.mark.workers
    def test_of_20_uses_at_once_one_succeeds(self, server: Server, ada: Person) -> None:
        token = server.in_session(lambda session: issue_token(session, ada.id, "reset"))
        request = {"method": "POST", "url": "/api/auth/reset-password"}
        body = {"json": {"token": token, "new_password": OTHER}}
        answers = server.at_once(*[request | body] * 20)
        assert sorted(answer.status_code for answer in answers) == [204] + [400] * 19


class TestVerifiedAddress:
    def test_the_welcome_letter_verifies_it(self, server: Server, postman: Postman) -> None:
        assert server.register("ada").json()["email_verified"] is False
        token = token_in(postman.received("Welcome"))
        who = Person(0, "ada", server.log_in("ada").json())
        assert [verify(server, token), verify(server, token)] == [204, 400]
        assert server.get("/users/me", who).json()["email_verified"] is True

    def test_another_letter_can_be_asked_for(
        self, server: Server, ada: Person, postman: Postman
    ) -> None:
        assert server.call("POST", f"{VERIFY}/request", ada).status_code == 202
        token = token_in(postman.received("your e-mail address"))
        assert [reset(server, token), verify(server, token)] == [400, 204]

    def test_whoever_asks_too_often_is_told_so(self, server: Server, ada: Person) -> None:
        answers = [server.call("POST", f"{VERIFY}/request", ada) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [202] * 5 + [429]
        assert int(answers[-1].headers["Retry-After"]) > 3000

    def test_a_changed_address_is_unverified_again(self, server: Server, ada: Person) -> None:
        server.change_user(ada.id, email_verified=True)
        for email, is_verified in [("ADA@example.com", True), ("new@example.com", False)]:
            answer = server.call("PUT", f"/api/users/{ada.id}", ada, json={"email": email})
            assert answer.json()["email_verified"] is is_verified

    def test_a_letter_to_the_old_address_verifies_no_new_one_at_the_last_moment(
        self, server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look = service.ensure_not_taken

        async def verify_meanwhile(*args: Any, **kwargs: Any) -> None:
            await look(*args, **kwargs)
            async with server.resources.database.transaction() as session:
                token = await issue_token(session, ada.id, "verify")
                await verify_email(session, token)

        monkeypatch.setattr(service, "ensure_not_taken", verify_meanwhile)
        body = {"email": "new@example.com"}
        assert server.call("PUT", f"/api/users/{ada.id}", ada, json=body).status_code == 200
        assert server.get("/users/me", ada).json()["email_verified"] is False

    def test_nobody_says_so_of_themselves(self, server: Server, ada: Person) -> None:
        body = {"email_verified": True}
        assert server.call("PUT", f"/api/users/{ada.id}", ada, json=body).status_code == 422
        assert server.register("eve", **body).json()["email_verified"] is False


class TestRequiringIt:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Let nobody in before."""
        return settings.model_copy(update={"require_verified_email": True})

    def test_log_in_waits_for_it(self, server: Server, postman: Postman) -> None:
        server.register("ada")
        postman.received("Welcome")
        assert server.log_in("ada", "something else").status_code == 401
        answer = server.log_in("ada")
        assert (answer.status_code, answer.json()["error"]) == (403, "invalid_grant")
        assert verify(server, token_in(postman.received("your e-mail address"))) == 204
        assert server.log_in("ada").status_code == 200


class TestPages:
    def test_a_link_leads_to_a_form_that_does_it(
        self, server: Server, ada: Person, postman: Postman
    ) -> None:
        path, token = "/account/reset-password", reset_token(server, postman)
        assert token in server.get(f"{path}?token={token}").text
        form = {"token": token, "new_password": "short"}
        assert server.client.post(path, data=form).status_code == 422
        form["new_password"] = OTHER
        assert "changed" in server.client.post(path, data=form).text
        assert server.log_in("ada", OTHER).status_code == 200

    def test_looking_at_one_verifies_nothing(self, server: Server, postman: Postman) -> None:
        server.register("ada")
        path, token = "/account/verify-email", token_in(postman.received("Welcome"))
        assert server.get(f"{path}?token={token}").status_code == 200
        answers = [server.client.post(path, data={"token": token}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 400]

    def test_what_comes_in_is_escaped_and_nothing_runs(self, server: Server) -> None:
        query = {"token": '"><script>alert(1)</script>'}
        page = server.get("/account/reset-password", params=query)
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"


def test_without_a_server_letters_are_put_into_a_folder(server: Server, settings: Settings) -> None:
    mailer = server.resources.mailer
    mailer.settings = settings.model_copy(update={"smtp_host": None})
    server.register("ada")
    server.run(server.resources.background.wait)
    assert settings.mail_outbox is not None
    letters = [file.read_text() for file in settings.mail_outbox.glob("*.eml")]
    assert any("To: ada@example.com" in letter for letter in letters)


@pytest.mark.stores("sqlite")
class TestInProduction:
    CHANGES: dict[str, Any] = {"environment": "production", "bcrypt_rounds": 10}  # noqa: RUF012

    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        """Have no server; a folder is no way out."""
        return make_settings(database_url, **self.CHANGES, mail_outbox="outbox")

    def test_says_why_it_cannot(self, server: Server, ada: Person) -> None:
        for answer in (forget(server), server.call("POST", f"{VERIFY}/request", ada)):
            assert answer.status_code == 503
            assert "SMTP_HOST" in answer.json()["detail"]

    def test_signing_up_works_all_the_same(self, server: Server) -> None:
        assert server.register("eve").status_code == 201

    def test_refuses_to_start_where_letters_are_needed(self) -> None:
        with pytest.raises(ValueError, match="SMTP_HOST"):
            make_settings("sqlite://", **self.CHANGES, require_verified_email=True)
