"""Accounts by mail: the letters, and what their tokens do."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.errors import TooManyAttempts
from final.core.observability.logs import get_logger
from final.core.passwords import Passwords
from final.core.resources import Resources
from final.users.identifiers import normalize_identifier
from final.users.mail.letters import write_letter
from final.users.mail.schemas import PasswordReset
from final.users.mail.tokens import LIFETIME, Purpose, find_user, issue_token, use_up
from final.users.models import User
from final.users.queries import find_active_by_email
from final.users.service import ensure_not_personal, replace_password

logger = get_logger(__name__)

PAGES: dict[Purpose, str] = {
    "reset": "/account/reset-password",
    "verify": "/account/verify-email",
}


@dataclass(frozen=True)
class AccountMail:
    """Writes to the owners of accounts, beside the requests that make it write."""

    resources: Resources

    async def forgot_password(self, email: str) -> None:
        """Have a letter written to the account with this address, if there is one.

        All of it happens in the background, so that no answer is slower for one that there is.
        """
        self.resources.mailer.ensure_available()
        await self.resources.background.start(self.write_to_address, email)

    async def write_to_address(self, email: str) -> None:
        """Send the way to another password to an active account, unless it had enough letters."""
        async with self.resources.database.session() as session:
            user = await find_active_by_email(session, normalize_identifier(email))
        if user is not None:
            await self.write("reset", user)

    async def welcome(self, user: User) -> None:
        """Greet the owner of a new account, and ask whether the address is theirs."""
        if self.resources.mailer.is_available:
            await self.write("welcome", user)

    async def ask_again(self, user: User) -> None:
        """Ask once more whether the address is theirs."""
        await self.write("verify", user)

    async def write(self, kind: str, user: User) -> None:
        """Send a letter with a token of its own."""
        purpose: Purpose = "reset" if kind == "reset" else "verify"
        try:
            async with self.resources.database.transaction() as session:
                token = await issue_token(session, user.id, purpose)
        except TooManyAttempts:
            logger.warning("too many letters", user_id=user.id)
            return
        await self.post(kind, user, token)

    async def post(self, kind: str, user: User, token: str) -> None:
        """Send a letter that holds a token."""
        purpose: Purpose = "reset" if kind == "reset" else "verify"
        link = f"{self.resources.settings.base_url}{PAGES[purpose]}?token={token}"
        minutes = int(LIFETIME.total_seconds() // 60)
        await self.resources.mailer.send(
            user.email, *write_letter(kind, user.username, link, minutes)
        )
        logger.info(f"{kind} e-mail sent", user_id=user.id)


async def reset_password(session: AsyncSession, passwords: Passwords, data: PasswordReset) -> None:
    """Set another password by the token of a letter, which proves the address as well."""
    user = await find_user(session, data.token, "reset")
    ensure_not_personal(user, data.new_password)
    await session.commit()  # nothing to keep: returns the connection during the hashing
    hashed = await passwords.hash(data.new_password)
    await session.refresh(user, with_for_update=True)
    await use_up(session, data.token, "reset")
    user.email_verified = True
    await replace_password(session, user, hashed)
    logger.info("password reset", user_id=user.id)


async def verify_email(session: AsyncSession, token: str) -> None:
    """Note that an address is its account's: its letter has arrived."""
    user = await find_user(session, token, "verify")
    await session.refresh(user, with_for_update=True)
    await use_up(session, token, "verify")
    user.email_verified = True
    session.add(user)
    logger.info("e-mail address verified", user_id=user.id)
