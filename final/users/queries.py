"""Reading accounts: columns, not entities."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Select, or_
from sqlmodel import col

from final.users.errors import AdminsOnly
from final.users.models import Role, User
from final.users.schemas import UserPrivate

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
        names = (User.username_key, User.first_name, User.last_name)
        query = query.where(or_(*(col(name).icontains(search, autoescape=True) for name in names)))
    if not for_admin:
        if role is not None or is_active is not None:
            raise AdminsOnly
        return query.where(col(User.is_active).is_(True))
    if role is not None:
        query = query.where(col(User.role) == role)
    return query if is_active is None else query.where(col(User.is_active).is_(is_active))
