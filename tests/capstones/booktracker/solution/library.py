"""The shelf: each reader's own, and nobody else's."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, status
from sqlalchemy.orm import selectinload
from sqlmodel import col, select

from .books import BookDep
from .database import SessionDep
from .models import Status, UserBook
from .schemas import Id, ShelfAdd, ShelfBook, ShelfUpdate
from .security import CurrentUser

router = APIRouter(prefix="/my-library", tags=["my library"])
WITH_BOOK = selectinload(UserBook.book)  # type: ignore[arg-type]  # SQLModel types it as a Book


async def load_own(book_id: Id, user: CurrentUser, session: SessionDep) -> UserBook:
    """Find a book on the user's own shelf, or answer 404."""
    entry = await session.get(UserBook, (user.id, book_id), options=[WITH_BOOK])
    if entry is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Not on your shelf")
    return entry


OwnDep = Annotated[UserBook, Depends(load_own)]


@router.get("", response_model=list[ShelfBook])
async def list_library(
    user: CurrentUser,
    session: SessionDep,
    skip: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Sequence[UserBook]:
    """List the books on the user's own shelf."""
    query = select(UserBook).where(UserBook.user_id == user.id).options(WITH_BOOK)
    query = query.order_by(col(UserBook.date_added), col(UserBook.book_id))
    return (await session.exec(query.offset(skip).limit(limit))).all()


@router.post("/{book_id}", status_code=201, response_model=ShelfBook)
async def add_to_library(
    user: CurrentUser, book: BookDep, session: SessionDep, data: ShelfAdd | None = None
) -> UserBook:
    """Put a book on the shelf; without a body it is a wish."""
    if await session.get(UserBook, (user.id, book.id)):
        raise HTTPException(status.HTTP_409_CONFLICT, "This book is on your shelf already")
    status_ = data.status if data else Status.WISHLIST
    entry = UserBook(user=user, book=book, status=status_)
    session.add(entry)
    await session.commit()
    return entry


@router.patch("/{book_id}", response_model=ShelfBook)
async def update_in_library(data: ShelfUpdate, entry: OwnDep, session: SessionDep) -> UserBook:
    """Change the status, or rate and review what has been read."""
    changes = data.model_dump(exclude_unset=True)
    entry.sqlmodel_update(changes)
    if entry.status is not Status.COMPLETED and (data.rating or data.review_text):
        raise HTTPException(status.HTTP_409_CONFLICT, "Read it first")
    session.add(entry)
    await session.commit()
    return entry


@router.delete("/{book_id}", status_code=204)
async def remove_from_library(entry: OwnDep, session: SessionDep) -> None:
    """Take a book off the shelf."""
    await session.delete(entry)
    await session.commit()
