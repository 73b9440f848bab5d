"""A handful of accounts to look around with."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.passwords import Passwords
from final.users.identifiers import normalize_identifier
from final.users.models import Role, User
from final.users.queries import find_user_id
from final.users.schemas import UserRegister
from final.users.service import create_user

PEOPLE = [
    ("lovelace", "Ada", "Lovelace", "+44 20 7946 0958", Role.ADMIN),
    ("grace", "Grace", "Hopper", "+1 202 555 0143", Role.USER),
    ("alan", "Alan", "Turing", None, Role.USER),
    ("katherine", "Katherine", "Johnson", "+1 304 555 0117", Role.USER),
    ("edsger", "Edsger", "Dijkstra", None, Role.USER),
    ("hedy", "Hedy", "Lamarr", "+43 1 555 0199", Role.USER),
    ("tim", "Tim", "Berners-Lee", None, Role.USER),
    ("radia", "Radia", "Perlman", None, Role.USER),
    ("guido", "Guido", "van Rossum", None, Role.USER),
    ("margaret", "Margaret", "Hamilton", "+1 617 555 0168", Role.USER),
    ("linus", "Linus", "Torvalds", None, Role.USER),
    ("barbara", "Barbara", "Liskov", None, Role.USER),
]


async def add_users(session: AsyncSession, passwords: Passwords, password: str) -> list[User]:
    """Add the sample accounts that are missing, all with one password; return the added ones."""
    added = []
    for username, *profile, role in PEOPLE:
        key = normalize_identifier(username)
        if await find_user_id(session, User.username_key, key) is None:
            data = describe_person(username, profile, password)
            user = await create_user(session, passwords, data, role)
            user.email_verified = True
            session.add(user)
            added.append(user)
    return added


def describe_person(username: str, profile: Sequence[str | None], password: str) -> UserRegister:
    """Describe one of the sample accounts."""
    account = {"username": username, "email": f"{username}@example.com", "password": password}
    fields = ("first_name", "last_name", "phone_number")
    return UserRegister.model_validate(account | dict(zip(fields, profile, strict=True)))
