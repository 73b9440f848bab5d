"""Reading accounts: columns, not entities."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Select
from sqlmodel import col

from final.core.database.text_search import contains_text
from final.users.errors import AdminsOnly
from final.users.models import Role, User
from final.users.schemas import UserPrivate
from final.users.text_search import UserMayContain

# Columns, not entities: what somebody may see is all that is read.
COLUMNS = [getattr(User, field) for field in UserPrivate.model_fields]


@lru_cache
def select_users(
    for_admin: bool = False,
    search: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
) -> Select[Any]:
    """Select accounts by name; only administrators filter by role and state."""
    query = Select[Any](*COLUMNS).order_by(col(User.id))
    if search:
        columns = [col(User.search_text)]
        query = query.where(*contains_text(UserMayContain, col(User.id), columns, search))
    if not for_admin:
        if role is not None or is_active is not None:
            raise AdminsOnly
        return query.where(col(User.is_active).is_(True))
    if role is not None:
        query = query.where(col(User.role) == role)
    return query if is_active is None else query.where(col(User.is_active).is_(is_active))
