"""Letters out, to a real mail server: whole, readable everywhere, and never in the clear."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiosmtplib
import psutil
import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword
from anyio.from_thread import start_blocking_portal

from final.core.mail import Mailer
from tests.support.mail import Postman, mail_server
from tests.support.server import make_settings, wait_for

ADDRESS, PASSWORD = "ada@example.com", "unheard of words"
TEXT = "Grüße, Ada! 你好\nhttps://links.example/account/reset-password?token=" + "x" * 80 + "\n"
HTML = "<p>Grüße, <b>Ada</b>! 你好</p>\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return who vouches for the server."""
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """Return the certificate of the server."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe that authority, as installations with one of their own do."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def let_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Let in who knows the password."""
    known = LoginPassword(b"linkhub", PASSWORD.encode())
    return AuthResult(success=data == known, handled=False)


@contextmanager
def server_with(security: str, tls: ssl.SSLContext) -> Iterator[tuple[Mailer, Postman]]:
    """Run a server that speaks encrypted only; lend the way to it."""
    options: dict[str, Any] = {"ssl_context": tls}
    changes: dict[str, Any] = {"smtp_username": None}  # this one knows no sign-in inside of TLS
    if security == "starttls":
        options = {"tls_context": tls, "require_starttls": True}
        options |= {"authenticator": let_in, "auth_required": True}
        changes = {}
    with mail_server(**options) as controller:
        yield mailer_for(controller.port, smtp_security=security, **changes), controller.handler


def mailer_for(port: int, **changes: Any) -> Mailer:
    """Return the way to a server."""
    server = {"smtp_host": "127.0.0.1", "smtp_port": port}
    known = {"smtp_username": "linkhub", "smtp_password": PASSWORD}
    return Mailer(make_settings("sqlite://", **server, **known | changes))


def send(mailer: Mailer) -> None:
    """Send a letter, at the first attempt or not at all; then the connection ends."""
    letter = mailer.write(ADDRESS, "Grüße 你好", TEXT, HTML)
    with start_blocking_portal() as portal:
        try:
            portal.call(mailer.attempt, letter)
        finally:
            wait_for(lambda: not connections_to(mailer.settings.smtp_port))


def connections_to(port: int) -> list[Any]:
    """Return our ends of the connections to a port."""
    connections = psutil.Process().net_connections("tcp")
    return [each for each in connections if each.raddr and each.raddr.port == port]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_arrives_whole(security: str, tls: ssl.SSLContext) -> None:
    with server_with(security, tls) as (mailer, postman):
        send(mailer)
    (letter,) = postman.letters
    assert (letter["To"], letter["Subject"]) == (ADDRESS, "Grüße 你好")
    assert letter["From"] == "LinkHub <linkhub@localhost>"
    assert letter.get_content_type() == "multipart/alternative"
    assert [part(letter, kind) for kind in ("plain", "html")] == [TEXT, HTML]
    assert parsedate_to_datetime(letter["Date"])
    assert letter["Message-ID"].startswith("<")
    assert letter["Auto-Submitted"] == "auto-generated"


def part(letter: EmailMessage, kind: str) -> str:
    """Return what a letter says in one of its forms."""
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_gets_nothing(security: str, tls: ssl.SSLContext) -> None:
    refused = pytest.raises((aiosmtplib.SMTPException, OSError))
    with server_with(security, tls) as (mailer, postman), refused:
        send(mailer)
    assert postman.letters == []


def test_a_server_without_encryption_gets_neither_password_nor_letter() -> None:
    with mail_server() as controller:
        with pytest.raises(aiosmtplib.SMTPException, match="STARTTLS"):
            send(mailer_for(controller.port))
        send(mailer_for(controller.port, smtp_security="none", smtp_username=None))
    assert len(controller.handler.letters) == 1


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_an_error(tls: ssl.SSLContext) -> None:
    with server_with("starttls", tls) as (mailer, postman):
        mailer.settings = mailer.settings.model_copy(update={"smtp_username": "eve"})
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            send(mailer)
    assert postman.letters == []


def test_a_line_break_adds_no_header() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mailer_for(25).write("ada@example.com\nBcc: eve@example.com", "x", "x", "x")
