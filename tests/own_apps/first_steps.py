"""Level 1 as the first pages of a tutorial have it: no response models, no status codes."""

from typing import Optional

from fastapi import FastAPI
from pydantic import BaseModel, HttpUrl

app = FastAPI()
fake_db = []


class Link(BaseModel):
    title: str
    url: HttpUrl
    description: Optional[str] = None


@app.get("/")
def root():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links")
def create_link(link: Link):
    fake_db.append(link)
    return link


@app.get("/links")
def read_links():
    return fake_db
