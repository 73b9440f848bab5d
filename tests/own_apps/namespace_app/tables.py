from datetime import datetime

from pydantic import BaseModel, ConfigDict, HttpUrl
from sqlalchemy import func
from sqlmodel import Field, SQLModel


class Link(SQLModel, table=True):
    __tablename__ = "links"
    id: int | None = Field(default=None, primary_key=True)
    title: str
    url: str
    description: str | None = None
    created_at: datetime = Field(default=None, sa_column_kwargs={"server_default": func.now()})


class LinkIn(BaseModel):
    title: str
    url: HttpUrl
    description: str | None = None


class LinkOut(LinkIn):
    model_config = ConfigDict(from_attributes=True)
    id: int
    created_at: datetime
