"""Level 1 with a router whose paths end in a slash, and a dictionary in place of a list."""

from itertools import count

from fastapi import APIRouter, FastAPI, status
from pydantic import BaseModel, HttpUrl

router = APIRouter(prefix="/links", tags=["links"])
links: dict[int, dict] = {}
numbers = count(1)


class LinkIn(BaseModel):
    title: str
    url: HttpUrl
    description: str = ""


@router.post("/", status_code=status.HTTP_201_CREATED)
async def create(link: LinkIn) -> dict:
    links[next(numbers)] = saved = link.model_dump(mode="json")
    return saved


@router.get("/")
async def index() -> list[dict]:
    return list(links.values())


app = FastAPI()
app.include_router(router)


@app.get("/")
async def health() -> dict:
    return {"message": "Welcome to LinkHub API"}
