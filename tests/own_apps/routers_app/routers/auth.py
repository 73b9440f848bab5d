from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, EmailStr
from sqlmodel import or_, select

from ..core import Db, hasher, make_token
from ..tables import User

router = APIRouter(prefix="/auth", tags=["auth"])


class NewUser(BaseModel):
    username: str
    email: EmailStr
    password: str


class ShownUser(BaseModel):
    id: int
    username: str
    email: str


@router.post("/register", status_code=201, response_model=ShownUser)
async def register(data: NewUser, db: Db):
    same = or_(User.username == data.username, User.email == data.email)
    if (await db.exec(select(User).where(same))).first():
        raise HTTPException(409, "Already registered")
    user = User(**data.model_dump(exclude={"password"}), password_hash=hasher.hash(data.password))
    db.add(user)
    await db.commit()
    return user


@router.post("/token")
async def token(form: Annotated[OAuth2PasswordRequestForm, Depends()], db: Db):
    user = (await db.exec(select(User).where(User.username == form.username))).one_or_none()
    if user is None or not hasher.verify(form.password, user.password_hash):
        raise HTTPException(401, "Wrong", headers={"WWW-Authenticate": "Bearer"})
    return {"access_token": make_token(user), "token_type": "bearer"}
