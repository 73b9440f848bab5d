"""A real mail server, and what it was given."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port
from tests.support.server import wait_for


class Postman:
    """Keeps what the server is given."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library calls it so
        """Take a letter in."""
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def received(self, subject: str) -> EmailMessage:
        """Wait for a letter, and take it."""
        wait_for(lambda: any(subject in letter["Subject"] for letter in self.letters))
        found = next(letter for letter in self.letters if subject in letter["Subject"])
        self.letters.remove(found)
        return found


@contextmanager
def mail_server(**options: Any) -> Iterator[Controller]:
    """Run a server."""
    controller = Controller(Postman(), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def token_in(letter: EmailMessage, kind: str = "plain") -> str:
    """Return the token that the link of a letter ends in."""
    part = letter.get_body((kind,))
    assert part is not None
    found = re.search(r"http://localhost:8000/account/\S+?\?token=([\w-]+)", part.get_content())
    assert found is not None
    return found[1]
