"""What is done to the table of users."""

from collections.abc import Sequence

from fastapi import HTTPException
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .config import settings
from .database import engine
from .models import Role, User
from .schemas import UserRegister
from .security import hash_password


async def save(session: AsyncSession, user: User) -> User:
    """Store an account, or answer 409 when another one has its name or address."""
    session.add(user)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "Username or email is taken") from None
    return user


async def create_user(session: AsyncSession, data: UserRegister, role: Role = Role.USER) -> User:
    """Make an account with a role."""
    profile = data.model_dump(exclude={"password", "role"})
    hashed = await hash_password(data.password)
    return await save(session, User(**profile, hashed_password=hashed, role=role))


async def create_first_admin() -> None:
    """Make the administrator whom the settings name, unless there is one of that address."""
    async with AsyncSession(engine) as session:
        if settings.admin and not await find_by_email(session, settings.admin.email):
            await create_user(session, settings.admin, Role.ADMIN)


async def find_by_email(session: AsyncSession, email: str) -> User | None:
    """Return the account with an address."""
    return (await session.exec(select(User).where(User.email == email))).first()


async def list_users(
    session: AsyncSession, viewer: User, skip: int, limit: int, search: str | None
) -> Sequence[User]:
    """List accounts; only administrators see deactivated ones."""
    query = select(User).order_by(col(User.id)).offset(skip).limit(limit)
    if viewer.role != Role.ADMIN:
        query = query.where(col(User.is_active))
    if search:
        query = query.where(col(User.username).icontains(search, autoescape=True))
    return (await session.exec(query)).all()


async def get_user(session: AsyncSession, viewer: User, user_id: int) -> User:
    """Find an account that the viewer may see, or answer 404."""
    user = await session.get(User, user_id)
    if user is None or not (user.is_active or viewer.role == Role.ADMIN):
        raise HTTPException(404, "User not found")
    return user
