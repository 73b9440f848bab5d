"""Level 1 in the style of years ago: everything here is deprecated, and runs."""

from typing import List, Optional

from fastapi import FastAPI
from pydantic import AnyHttpUrl, BaseModel, Field, validator

app = FastAPI()


class Link(BaseModel):
    title: str = Field(..., example="FastAPI")
    url: AnyHttpUrl
    description: Optional[str] = Field(None, example="to read")

    class Config:
        anystr_strip_whitespace = True

    @validator("title")
    def not_empty(cls, value):
        if not value.strip():
            raise ValueError("empty")
        return value.strip()


@app.on_event("startup")
def startup():
    app.state.links = []


@app.get("/")
async def index():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links", response_model=Link, status_code=201)
async def add(link: Link):
    app.state.links.append(link.dict())
    return link.dict()


@app.get("/links", response_model=List[Link])
async def all_of_them():
    return app.state.links
