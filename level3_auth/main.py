"""LinkHub: an API that keeps links."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, HTTPException, status
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from sqlmodel import col, select

from .auth import router as auth_router
from .database import SessionDep, lifespan
from .errors import answer_validation_error
from .models import Link
from .schemas import Id, LinkCreate, LinkPublic
from .security import CurrentUser

# FastAPI whose /docs page needs no internet.
app = FastAPIOffline(
    title="LinkHub API",
    lifespan=lifespan,
    # A redirect from /links/ to /links would go to whatever Host the client has named.
    redirect_slashes=False,
    exception_handlers={RequestValidationError: answer_validation_error},
)
app.include_router(auth_router)


@app.get("/")
async def read_root() -> dict[str, str]:
    """Welcome the visitor, who sees by it that the API is alive."""
    return {"message": "Welcome to LinkHub API"}


@app.post(
    "/links",
    status_code=status.HTTP_201_CREATED,
    response_model=LinkPublic,
)
async def create_link(data: LinkCreate, session: SessionDep, current_user: CurrentUser) -> Link:
    """Save a link and return it as it was saved."""
    # mode="json" turns the HttpUrl into plain text.
    link = Link(**data.model_dump(mode="json"))
    session.add(link)
    await session.commit()
    return link


@app.get("/links", response_model=list[LinkPublic])
async def list_links(session: SessionDep) -> Sequence[Link]:
    """List the links, oldest first."""
    # Without an order, a database may return the rows in any.
    query = select(Link).order_by(col(Link.id))
    links = await session.exec(query)
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
)
async def get_link(link: LinkDep) -> Link:
    """Return the link with this id; 404 if there is none."""
    return link
