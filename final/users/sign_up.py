"""Sign-up: one's own account, and the letter that greets its owner."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.background import Background
from final.core.database.transaction import on_commit
from final.core.passwords import Passwords
from final.users.models import User
from final.users.schemas import UserRegister
from final.users.service import create_user
from final.users.welcome import send_welcome


@dataclass(frozen=True)
class SignUp:
    """What opening an account takes, whichever endpoint is asked."""

    session: AsyncSession
    passwords: Passwords
    background: Background

    async def register(self, data: UserRegister) -> User:
        """Open an account and welcome its owner."""
        user = await create_user(self.session, self.passwords, data)
        on_commit(self.session, self.background.start, send_welcome, user.id)
        return user
