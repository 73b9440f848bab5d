"""The catalogue: everybody reads it, administrators write it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, status
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from .database import SessionDep
from .models import Book
from .schemas import BookCreate, BookPublic, Id
from .security import require_admin

router = APIRouter(prefix="/books", tags=["books"])
ADMINS_ONLY = [Depends(require_admin)]


async def load_book(book_id: Id, session: SessionDep) -> Book:
    """Find the book that the path names, or answer 404."""
    book = await session.get(Book, book_id)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Book not found")
    return book


BookDep = Annotated[Book, Depends(load_book)]


async def save(session: SessionDep, book: Book) -> Book:
    """Store a book, or answer 409 when another one has its ISBN."""
    session.add(book)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(status.HTTP_409_CONFLICT, "This ISBN is taken") from None
    return book


@router.get("", response_model=list[BookPublic])
async def list_books(
    session: SessionDep,
    skip: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    genre: str | None = None,
    author: str | None = None,
) -> Sequence[Book]:
    """List the books that meet every filter, a page at a time."""
    query = select(Book).order_by(col(Book.id))
    if genre:
        query = query.where(func.lower(Book.genre) == genre.lower())
    if author:
        query = query.where(col(Book.author).icontains(author, autoescape=True))
    return (await session.exec(query.offset(skip).limit(limit))).all()


@router.post("", status_code=201, response_model=BookPublic, dependencies=ADMINS_ONLY)
async def create_book(data: BookCreate, session: SessionDep) -> Book:
    """Add a book."""
    return await save(session, Book(**data.model_dump()))


@router.put("/{book_id}", response_model=BookPublic, dependencies=ADMINS_ONLY)
async def replace_book(data: BookCreate, book: BookDep, session: SessionDep) -> Book:
    """Replace a book."""
    return await save(session, book.sqlmodel_update(data.model_dump()))


@router.delete("/{book_id}", status_code=204, dependencies=ADMINS_ONLY)
async def delete_book(book: BookDep, session: SessionDep) -> None:
    """Delete a book; the foreign keys take it off every shelf."""
    await session.delete(book)
    await session.commit()
