"""LinkHub: an API that keeps links."""

from fastapi import status
from fastapi_offline import FastAPIOffline

from .schemas import LinkCreate, LinkPublic

# FastAPI whose /docs page needs no internet.
app = FastAPIOffline(
    title="LinkHub API",
)

fake_db: list[LinkPublic] = []


@app.get("/")
async def read_root() -> dict[str, str]:
    """Welcome the visitor, who sees by it that the API is alive."""
    return {"message": "Welcome to LinkHub API"}


@app.post(
    "/links",
    status_code=status.HTTP_201_CREATED,
    response_model=LinkPublic,
)
async def create_link(data: LinkCreate) -> LinkPublic:
    """Save a link and return it as it was saved."""
    # mode="json" turns the HttpUrl into plain text.
    link = LinkPublic(**data.model_dump(mode="json"))
    fake_db.append(link)
    return link


@app.get("/links", response_model=list[LinkPublic])
async def list_links() -> list[LinkPublic]:
    """List the links, oldest first."""
    return fake_db
