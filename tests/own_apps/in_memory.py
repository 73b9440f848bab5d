"""Level 2, wrong: looks right until it is started again."""

from datetime import datetime, timezone

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, HttpUrl

app = FastAPI()
links = []


class LinkIn(BaseModel):
    title: str
    url: HttpUrl
    description: str | None = None


class Link(LinkIn):
    id: int
    created_at: datetime


@app.get("/")
async def root():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links")
async def create(data: LinkIn) -> Link:
    link = Link(id=len(links) + 1, created_at=datetime.now(timezone.utc), **data.model_dump())
    links.append(link)
    return link


@app.get("/links")
async def index() -> list[Link]:
    return links


@app.get("/links/{link_id}")
async def show(link_id: int) -> Link:
    for link in links:
        if link.id == link_id:
            return link
    raise HTTPException(404, "Link not found")
