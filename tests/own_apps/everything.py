"""Level 5 in one file on a synchronous engine; whole examples at the models, filters in a class."""

from typing import Annotated

import tutorial_auth as level3
from fastapi import Body, Depends, FastAPI, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field, HttpUrl
from sqlmodel import Field as Column
from sqlmodel import Relationship, Session, SQLModel, select

app = FastAPI(title="LinkHub")


class Bookmark(SQLModel, table=True):
    id: int | None = Column(default=None, primary_key=True)
    title: str
    url: str
    description: str | None = None
    created_at: level3.datetime = Column(
        default_factory=lambda: level3.datetime.now(level3.timezone.utc)
    )
    user_id: int = Column(foreign_key="user.id", ondelete="CASCADE")
    user: level3.User = Relationship()


class NewBookmark(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"title": "a", "url": "http://a.org"}})

    title: str = Field(description="A title")
    url: HttpUrl = Field(description="An address")
    description: str | None = Field(None, description="Words of your own")


class SignUp(BaseModel):
    username: str = Field(description="A name")
    email: str = Field(description="An address")
    password: str = Field(description="A secret")


EXAMPLE = {"one": {"value": {"username": "ada", "email": "ada@example.com", "password": "12345678"}}}
SQLModel.metadata.create_all(level3.engine)
Me = Annotated[level3.User, Depends(level3.get_current_user)]


class Filters:
    def __init__(self, skip: int = 0, limit: int = 10, search: str | None = Query(None)):
        self.skip, self.limit, self.search = skip, limit, search


app.get("/")(level3.root)
app.post("/auth/token")(level3.login)


@app.post("/auth/register", response_model=level3.UserOut)
def register(user: Annotated[SignUp, Body(openapi_examples=EXAMPLE)], session: level3.SessionDep):
    return level3.register(user, session)


@app.post("/links")
def create(data: NewBookmark, session: level3.SessionDep, me: Me):
    bookmark = Bookmark(**data.model_dump(mode="json"), user=me)
    session.add(bookmark)
    session.commit()
    session.refresh(bookmark)
    return bookmark


@app.get("/links")
def index(session: level3.SessionDep, filters: Filters = Depends()):
    query = select(Bookmark)
    if filters.search:
        query = query.where(Bookmark.title.contains(filters.search))
    return session.exec(query.offset(filters.skip).limit(filters.limit)).all()


@app.get("/links/{number}")
def show(number: int, session: level3.SessionDep):
    if bookmark := session.get(Bookmark, number):
        return bookmark
    raise HTTPException(404, "Not found")


@app.delete("/links/{number}")
def delete(number: int, session: level3.SessionDep, me: Me):
    bookmark = show(number, session)
    if bookmark.user_id != me.id:
        raise HTTPException(403, "Not yours")
    session.delete(bookmark)
    session.commit()
    return Response(status_code=204)
