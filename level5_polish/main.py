"""LinkHub: an API that keeps links."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, HTTPException, Query, status
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from sqlalchemy.orm import selectinload
from sqlmodel import col, select

from .auth import router as auth_router
from .database import SessionDep, lifespan
from .errors import (
    RESPONSE_400,
    RESPONSE_401,
    RESPONSE_403,
    RESPONSE_404,
    answer_validation_error,
)
from .models import Link, User
from .schemas import Id, LinkCreate, LinkPublic, UserWithLinks
from .security import PUBLIC, CurrentUser

# FastAPI whose /docs page needs no internet.
app = FastAPIOffline(
    title="LinkHub API",
    version="5.0.0",
    description="Save your favourite links, find them again, and see what others have saved.",
    openapi_tags=[
        {"name": "welcome", "description": "See whether the API is alive."},
        {"name": "links", "description": "Save, find and delete links."},
        {"name": "users", "description": "See what is yours."},
        {"name": "auth", "description": "Sign up, and get the token that saving a link asks for."},
    ],
    # Wherever the page itself comes from.
    servers=[{"url": "/"}],
    # The names of the functions: what generated clients will call their methods.
    generate_unique_id_function=lambda route: route.name,
    lifespan=lifespan,
    # A redirect from /links/ to /links would go to whatever Host the client has named.
    redirect_slashes=False,
    exception_handlers={RequestValidationError: answer_validation_error},
)
app.include_router(auth_router)


@app.get("/", tags=["welcome"], summary="Say hello", openapi_extra=PUBLIC)
async def read_root() -> dict[str, str]:
    """Welcome the visitor, who sees by it that the API is alive."""
    return {"message": "Welcome to LinkHub API"}


@app.post(
    "/links",
    status_code=status.HTTP_201_CREATED,
    response_model=LinkPublic,
    tags=["links"],
    summary="Save a link",
    responses=RESPONSE_400 | RESPONSE_401,
)
async def create_link(data: LinkCreate, session: SessionDep, current_user: CurrentUser) -> Link:
    """Save a link and return it as it was saved."""
    # mode="json" turns the HttpUrl into plain text.
    link = Link(**data.model_dump(mode="json"), user=current_user)
    session.add(link)
    await session.commit()
    return link


@app.get(
    "/links",
    response_model=list[LinkPublic],
    tags=["links"],
    summary="List links",
    openapi_extra=PUBLIC,
)
async def list_links(
    session: SessionDep,
    skip: Annotated[int, Query(ge=0, le=2**31 - 1, description="Links to pass over")] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="Links to return, at most")] = 10,
    search: Annotated[
        str | None, Query(max_length=200, description="Text that the title contains")
    ] = None,
) -> Sequence[Link]:
    """List the links, oldest first, a page at a time; a search ignores upper and lower case."""
    # Without an order, a database may return the rows in any.
    query = select(Link).order_by(col(Link.id))
    if search:
        query = query.where(col(Link.title).icontains(search, autoescape=True))
    links = await session.exec(query.offset(skip).limit(limit))
    return links.all()


async def load_link(link_id: Id, session: SessionDep) -> Link:
    """Find the link that the path names, or answer 404."""
    link = await session.get(Link, link_id)
    if link is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Link not found")
    return link


LinkDep = Annotated[Link, Depends(load_link)]


@app.get(
    "/links/{link_id}",
    response_model=LinkPublic,
    tags=["links"],
    summary="Show a link",
    responses=RESPONSE_404,
    openapi_extra=PUBLIC,
)
async def get_link(link: LinkDep) -> Link:
    """Return the link with this id; 404 if there is none."""
    return link


@app.delete(
    "/links/{link_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["links"],
    summary="Delete a link",
    responses=RESPONSE_401 | RESPONSE_403 | RESPONSE_404,
)
async def delete_link(current_user: CurrentUser, link: LinkDep, session: SessionDep) -> None:
    """Delete a link of your own; 403 for somebody else's, 404 if there is none."""
    if link.user_id != current_user.id:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "You can only delete your own links")
    await session.delete(link)
    await session.commit()


@app.get(
    "/users/me",
    response_model=UserWithLinks,
    tags=["users"],
    summary="Show yourself",
    responses=RESPONSE_401,
)
async def read_current_user(current_user: CurrentUser, session: SessionDep) -> User:
    """Show your account and all links that you have saved."""
    query = select(User).where(User.id == current_user.id)
    # An async session loads nothing by itself: reading links that were not asked for fails.
    with_links = selectinload(User.links)  # type: ignore[arg-type]  # no mere list at run time
    users = await session.exec(query.options(with_links))
    return users.one()
