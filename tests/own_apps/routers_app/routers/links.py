from datetime import datetime

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, HttpUrl
from sqlmodel import select

from ..core import Db, Me
from ..tables import Link

router = APIRouter(prefix="/links", tags=["links"])


class NewLink(BaseModel):
    title: str
    url: HttpUrl
    description: str | None = None


class ShownLink(BaseModel):
    id: int
    title: str
    url: str
    description: str | None
    created_at: datetime
    user_id: int


async def find(link_id: int, db: Db) -> Link:
    if link := await db.get(Link, link_id):
        return link
    raise HTTPException(404, "Not found")


@router.post("/", status_code=201, response_model=ShownLink)
async def create(data: NewLink, db: Db, me: Me):
    link = Link(**data.model_dump(mode="json"), user_id=me.id)
    db.add(link)
    await db.commit()
    return link


@router.get("/", response_model=list[ShownLink])
async def index(db: Db):
    return (await db.exec(select(Link).order_by(Link.id.desc()))).all()


@router.get("/{link_id}", response_model=ShownLink)
async def show(link_id: int, db: Db):
    return await find(link_id, db)


@router.delete("/{link_id}")
async def delete(link_id: int, db: Db, me: Me):
    link = await find(link_id, db)
    if link.user_id != me.id:
        raise HTTPException(403, "Not yours")
    await db.delete(link)
    await db.commit()
    return {"deleted": link_id}
