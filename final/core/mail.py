"""Letters out: by SMTP, or into a folder while somebody develops."""

import asyncio
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from uuid import uuid4

import aiosmtplib

from final.core.config import Settings
from final.core.errors import MailUnavailable
from final.core.observability.logs import get_logger

logger = get_logger(__name__)

TIMEOUT_SECONDS = 15
# How long to wait before each further attempt; a server may be busy or may want to be asked twice.
PAUSES = (2, 30)


class Mailer:
    """The way out for letters."""

    def __init__(self, settings: Settings) -> None:
        """Choose between a server and a folder; in production a folder is no way out."""
        self.settings = settings
        self.outbox = None if settings.is_production else settings.mail_outbox

    @property
    def is_available(self) -> bool:
        """Tell whether a letter could go out at all."""
        return bool(self.settings.smtp_host) or self.outbox is not None

    def ensure_available(self) -> None:
        """Raise `MailUnavailable` when no letter could go out."""
        if not self.is_available:
            raise MailUnavailable

    async def send(self, to: str, subject: str, text: str, html: str) -> None:
        """Send a letter; one that a server does not take is tried again, then given up."""
        self.ensure_available()
        letter = self.write(to, subject, text, html)
        if self.settings.smtp_host:
            await self.transmit(letter)
        elif self.outbox:
            await asyncio.to_thread(file_away, self.outbox, letter)

    def write(self, to: str, subject: str, text: str, html: str) -> EmailMessage:
        """Write a letter in both forms; a mail program shows the one it can."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self.settings.mail_from, to, subject
        letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain="linkhub")
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text, cte="8bit")  # links stay on one line
        letter.add_alternative(html, subtype="html")
        return letter

    async def transmit(self, letter: EmailMessage) -> None:
        """Hand a letter to the server."""
        for pause in PAUSES:
            try:
                return await self.attempt(letter)
            except (aiosmtplib.SMTPException, OSError) as error:
                logger.warning("letter not sent yet", error=type(error).__name__)
                await asyncio.sleep(pause)
        return await self.attempt(letter)

    async def attempt(self, letter: EmailMessage) -> None:
        """Hand a letter to the server, once."""
        async with mail_server(self.settings) as server:
            await server.send_message(letter)


def mail_server(settings: Settings) -> aiosmtplib.SMTP:
    """Describe the way to the server: a block around it is connected, encrypted and signed in."""
    password = settings.smtp_password
    return aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=password.get_secret_value() if password else None,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        timeout=TIMEOUT_SECONDS,
    )


def file_away(outbox: Path, letter: EmailMessage) -> None:
    """Put a letter into a folder; a mail program opens it there."""
    outbox.mkdir(parents=True, exist_ok=True)
    draft = outbox / f"{uuid4().hex}.draft"
    draft.write_bytes(bytes(letter))
    draft.rename(draft.with_suffix(".eml"))
