"""The routes of accounts: `/api/users` to manage them, `/api/v1/users` for everyone to see."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from final.core.database.text_search import is_common
from final.core.database.transaction import on_commit
from final.core.errors import NotAuthenticated, Unprocessable, responses
from final.core.fields import Id, Search
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.pagination import CursorPageDep
from final.users import service
from final.users.dependencies import AdminUser, CurrentUser, SignUpDep
from final.users.errors import (
    AdminsOnly,
    EmailTaken,
    LastAdmin,
    NotYourAccount,
    UsernameTaken,
    UserNotFound,
)
from final.users.models import USERS_TAG, Role, User
from final.users.personal_data import service as personal_data
from final.users.personal_data.router import ProductsDep
from final.users.queries import SEARCHED, select_users
from final.users.schemas import UserCreate, UserPrivate, UserPublic, UserRegister, UserUpdate

RoleFilter = Annotated[Role | None, Query(description="Only accounts of this role.")]
ActiveFilter = Annotated[
    bool | None, Query(description="Only active accounts, or only deactivated ones.")
]
UserView = UserPrivate | UserPublic
OWN = "Read Own Account"

router = APIRouter(tags=["Users"])
managed = APIRouter(prefix="/api/users")
public = APIRouter(prefix="/users")


def view(user: Any, viewer: User) -> UserView:
    """Show an account in full to its owner and administrators, else what is public."""
    full = viewer.is_admin or viewer.id == user.id
    return (UserPrivate if full else UserPublic).model_validate(user)


@managed.get(
    "/",
    response_model=list[UserView],
    responses=responses(NotAuthenticated, AdminsOnly, Unprocessable),
)
async def list_users(
    session: SessionDep,
    viewer: CurrentUser,
    page: CursorPageDep,
    search: Search = None,
    role: RoleFilter = None,
    is_active: ActiveFilter = None,
) -> Response:
    """List accounts; `role` and `is_active` are for administrators."""
    common = await is_common(session, select_users(), SEARCHED, search)
    query = select_users(viewer.is_admin, search, role, is_active, is_common=common)
    return page.answer([view(user, viewer) for user in await page.read(session, query)])


@managed.post(
    "/",
    status_code=201,
    response_model=UserPrivate,
    responses=responses(NotAuthenticated, AdminsOnly, UsernameTaken, EmailTaken, Unprocessable),
)
async def create_user(
    session: SessionDep, resources: ResourcesDep, _admin: AdminUser, data: UserCreate
) -> User:
    """Create an account with a role."""
    return await service.create_user(session, resources.passwords, data, data.role)


@managed.get("/{user_id}", responses=responses(NotAuthenticated, UserNotFound, Unprocessable))
async def read_user(session: SessionDep, viewer: CurrentUser, user_id: Id) -> UserView:
    """Return one account."""
    return view(await service.get_user(session, user_id, viewer), viewer)


@managed.put(
    "/{user_id}",
    response_model=UserPrivate,
    responses=responses(
        NotAuthenticated,
        AdminsOnly,
        NotYourAccount,
        UserNotFound,
        UsernameTaken,
        EmailTaken,
        LastAdmin,
        Unprocessable,
    ),
)
async def update_user(
    session: SessionDep, resources: ResourcesDep, actor: CurrentUser, user_id: Id, data: UserUpdate
) -> User:
    """Change what is sent: one's own profile, or as an administrator anything of anyone."""
    on_commit(session, resources.cache.invalidate, USERS_TAG)
    return await service.update_user(session, actor, user_id, data)


@managed.delete(
    "/{user_id}",
    status_code=204,
    responses=responses(NotAuthenticated, NotYourAccount, UserNotFound, LastAdmin, Unprocessable),
)
async def delete_user(
    session: SessionDep,
    resources: ResourcesDep,
    products: ProductsDep,
    actor: CurrentUser,
    user_id: Id,
    purge: Annotated[bool, Query(description="Whether to delete for good, not to return.")] = False,
) -> None:
    """Deactivate an account: it is signed out for good, its name stays reserved.

    With `purge`, all that is personal is deleted. The links that others have as well stay without
    a name, and the text of published posts under "deleted user".
    """
    on_commit(session, resources.cache.invalidate, USERS_TAG)
    if purge:
        await personal_data.purge_user(session, resources, products, actor, user_id)
    else:
        await service.deactivate_user(session, actor, user_id)


@public.get("", response_model=list[UserPublic], responses=responses(Unprocessable))
async def list_public_users(
    session: SessionDep, page: CursorPageDep, search: Search = None
) -> Response:
    """List accounts as everyone may see them."""
    common = await is_common(session, select_users(), SEARCHED, search)
    users = await page.read(session, select_users(search=search, is_common=common))
    return page.answer([UserPublic.model_validate(user) for user in users])


@public.post(
    "",
    status_code=201,
    response_model=UserPrivate,
    responses=responses(UsernameTaken, EmailTaken, Unprocessable),
)
async def register_user(sign_up: SignUpDep, data: UserRegister) -> User:
    """Sign up; the same as `POST /auth/register`."""
    return await sign_up.register(data)


@public.get("/me", summary=OWN, response_model=UserPrivate, responses=responses(NotAuthenticated))
async def read_me(user: CurrentUser) -> User:
    """Return the account that is signed in."""
    return user


@public.get(
    "/{user_id}", response_model=UserPublic, responses=responses(UserNotFound, Unprocessable)
)
async def read_public_user(session: SessionDep, user_id: Id) -> User:
    """Return one account as everyone may see it."""
    return await service.get_user(session, user_id)


@router.get(
    "/users/me", summary=OWN, response_model=UserPrivate, responses=responses(NotAuthenticated)
)
async def read_current_user(user: CurrentUser) -> User:
    """Return the account that is signed in; the same as `GET /api/v1/users/me`."""
    return user


router.include_router(managed)
router.include_router(public, prefix="/api/v1")
# The same without a version, for clients that came before there were versions.
router.include_router(public, include_in_schema=False)
