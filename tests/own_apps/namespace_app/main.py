"""Level 2 as a folder without __init__.py, with a synchronous engine."""

from fastapi import Depends, FastAPI, HTTPException
from namespace_app.db import Session, create_tables, get_db
from namespace_app.tables import Link, LinkIn, LinkOut
from sqlmodel import select

app = FastAPI()
app.add_event_handler("startup", create_tables) if hasattr(app, "add_event_handler") else app.router.on_startup.append(create_tables)


@app.get("/")
def root():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links", response_model=LinkOut, status_code=201)
def create(data: LinkIn, db: Session = Depends(get_db)):
    link = Link(**data.model_dump(mode="json"))
    db.add(link)
    db.commit()
    db.refresh(link)
    return link


@app.get("/links", response_model=list[LinkOut])
def index(db: Session = Depends(get_db)):
    return db.exec(select(Link).order_by(Link.created_at.desc())).all()


@app.get("/links/{id}", response_model=LinkOut)
def show(id: int, db: Session = Depends(get_db)):
    if link := db.get(Link, id):
        return link
    raise HTTPException(404, "no such link")
