"""Sign-up: one's own account, and the letter that greets its owner."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.transaction import on_commit
from final.core.passwords import Passwords
from final.users.mail.service import AccountMail
from final.users.models import User
from final.users.schemas import UserRegister
from final.users.service import create_user


@dataclass(frozen=True)
class SignUp:
    """What opening an account takes, whichever endpoint is asked."""

    session: AsyncSession
    passwords: Passwords
    mail: AccountMail

    async def register(self, data: UserRegister) -> User:
        """Open an account and welcome its owner."""
        user = await create_user(self.session, self.passwords, data)
        on_commit(self.session, self.mail.resources.background.start, self.mail.welcome, user)
        return user
