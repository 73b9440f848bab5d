"""All that is stored of a person: read piece by piece, or erased for good."""

import secrets
from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Select, delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.batches import read_in_batches
from final.core.database.engine import Database
from final.core.database.upsert import insert_unless_taken
from final.core.observability.logs import get_logger
from final.core.personal_data import PersonalData
from final.core.resources import Resources
from final.core.text.search import search_form
from final.users.errors import UserNotFound
from final.users.models import DELETED_USER, AccessToken, AuthSession, MailToken, User
from final.users.queries import find_user_id, lock_user
from final.users.service import ensure_not_last_admin, ensure_self_or_admin, get_user

logger = get_logger(__name__)

# So many records at a time: a client that reads slowly keeps no connection.
BATCH = 500
# What opens something is not to lie about in a file.
SECRET = {"hashed_password", "token_hash", "refresh_jti", "username_key", "email_key"}


def records_of(model: Any, owner: str = "user_id") -> PersonalData:
    """Describe a table of this product, all of it but what opens something."""
    columns = [getattr(model, name) for name in model.model_fields if name not in SECRET]

    def select_own(user_id: int) -> Select[Any]:
        """Select what a person has there."""
        return Select[Any](*columns).where(getattr(model, owner) == user_id)

    return PersonalData(model.__tablename__, select_own)


OWN = (
    records_of(User, "id"),
    records_of(AuthSession),
    records_of(AccessToken),
    records_of(MailToken),
)


async def check_export(session: AsyncSession, actor: User, user_id: int) -> None:
    """Raise unless somebody may have all that is stored of a person."""
    ensure_self_or_admin(actor, user_id)
    await get_user(session, user_id, actor)


async def export(
    database: Database, products: Sequence[PersonalData], user_id: int
) -> AsyncIterator[bytes]:
    """Write all that is stored of a person as one JSON object, a list for each kind of records."""
    opening = b"{"
    for kind in (*OWN, *products):
        yield opening + to_json(kind.name) + b": ["
        async for record in write_records(database, kind.select(user_id)):
            yield record
        yield b"]"
        opening = b",\n"
    yield b"}\n"


async def write_records(database: Database, query: Select[Any]) -> AsyncIterator[bytes]:
    """Write the rows of a query as the elements of a list."""
    separator = b"\n"
    async for rows in read_in_batches(database, query, BATCH):
        for row in rows:
            yield separator + to_json(dict(row._mapping))
            separator = b",\n"


async def purge_user(
    session: AsyncSession,
    resources: Resources,
    products: Sequence[PersonalData],
    actor: User,
    user_id: int,
) -> None:
    """Delete an account for good; its name and address are free again.

    Whoever is writing for this account at the moment comes first, or finds it gone.
    """
    ensure_self_or_admin(actor, user_id)
    user = await get_user(session, user_id, actor)
    if user.username_key == DELETED_USER:
        raise UserNotFound
    heir = await find_heir(session, resources)
    await ensure_not_last_admin(session, user)
    await lock_user(session, user_id)
    for product in products:
        if product.erase:
            await product.erase(session, resources, user_id, heir)
    session.expunge_all()
    await session.exec(delete(User).where(col(User.id) == user_id))
    logger.info("user purged", user_id=user_id, by=actor.id)


async def find_heir(session: AsyncSession, resources: Resources) -> int:
    """Return the account under which stays what has to stay; nobody can sign in to it."""
    found = await find_user_id(session, User.username_key, DELETED_USER)
    if found is None:
        await session.commit()  # nothing to keep: returns the connection during the hashing
        hashed = await resources.passwords.hash(secrets.token_urlsafe(32))
        await insert_unless_taken(session, describe_heir(hashed))
        found = (await session.exec(select(User.id).where(User.username_key == DELETED_USER))).one()
    return found


def describe_heir(hashed_password: str) -> User:
    """Describe the account under which stays what has to stay."""
    return User(
        username=DELETED_USER,
        username_key=DELETED_USER,
        email="deleted@invalid",
        email_key="deleted@invalid",
        search_text=search_form(DELETED_USER),
        hashed_password=hashed_password,
        is_active=False,
    )
