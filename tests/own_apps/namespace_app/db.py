import os

from sqlmodel import Session, SQLModel, create_engine

url = os.getenv("DATABASE_URL", "sqlite:///links.db").replace("+aiosqlite", "")
engine = create_engine(url, connect_args={"check_same_thread": False})


def create_tables():
    SQLModel.metadata.create_all(engine)


def get_db():
    with Session(engine) as session:
        yield session
