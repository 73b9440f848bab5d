"""Managing accounts."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from .. import crud
from ..database import SessionDep
from ..models import Role, User
from ..schemas import UserCreate, UserPublic, UserResponse, UserUpdate
from ..security import AdminOnly, CurrentUser

router = APIRouter(prefix="/api/users", tags=["users"])
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
View = UserResponse | UserPublic
ADMIN_FIELDS = {"role", "is_active"}


def view(user: User, viewer: User) -> View:
    """Show an account in full to its owner and to administrators."""
    full = viewer.role == Role.ADMIN or viewer.id == user.id
    return (UserResponse if full else UserPublic).model_validate(user, from_attributes=True)


async def load_changeable(user_id: Id, actor: CurrentUser, session: SessionDep) -> User:
    """Find the account that the path names, if the actor may change it."""
    if actor.id != user_id and actor.role != Role.ADMIN:
        raise HTTPException(403, "This is not your account")
    return await crud.get_user(session, actor, user_id)


Changeable = Annotated[User, Depends(load_changeable)]


@router.get("/")
async def list_users(
    session: SessionDep,
    viewer: CurrentUser,
    skip: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    search: str | None = None,
) -> list[View]:
    """List accounts, a page at a time."""
    users = await crud.list_users(session, viewer, skip, limit, search)
    return [view(user, viewer) for user in users]


@router.post("/", status_code=201, response_model=UserResponse, dependencies=[AdminOnly])
async def create_user(data: UserCreate, session: SessionDep) -> User:
    """Create an account with a role."""
    return await crud.create_user(session, data, data.role)


@router.get("/{user_id}")
async def get_user(user_id: Id, session: SessionDep, viewer: CurrentUser) -> View:
    """Return one account."""
    return view(await crud.get_user(session, viewer, user_id), viewer)


@router.put("/{user_id}", response_model=UserResponse)
async def update_user(
    data: UserUpdate, user: Changeable, actor: CurrentUser, session: SessionDep
) -> User:
    """Change what is sent; role and state are for administrators."""
    changes = data.model_dump(exclude_unset=True)
    if actor.role != Role.ADMIN and ADMIN_FIELDS & changes.keys():
        raise HTTPException(403, "Administrators only")
    return await crud.save(session, user.sqlmodel_update(changes))


@router.delete("/{user_id}", status_code=204)
async def delete_user(user: Changeable, session: SessionDep) -> None:
    """Deactivate an account: its name stays taken."""
    user.is_active = False
    await crud.save(session, user)
