"""Level 3 with HTTPBearer, bcrypt without passlib, and a class that holds the users."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import bcrypt
import jwt
import single_file
from fastapi import Depends, Form, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from single_file import SessionDep, app
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, select

KEY = os.getenv("JWT_SECRET_KEY", "change me, this key is for my own machine only")
scheme = HTTPBearer()


class Account(SQLModel, table=True):
    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    email: str = Field(unique=True)
    password_hash: str


class SignUp(BaseModel):
    username: str
    email: str
    password: str


class Accounts:
    def __init__(self, session: SessionDep):
        self.session = session

    async def add(self, data: SignUp):
        salt = bcrypt.gensalt(4)
        hashed = await asyncio.to_thread(bcrypt.hashpw, data.password.encode()[:72], salt)
        account = Account(username=data.username, email=data.email, password_hash=hashed.decode())
        self.session.add(account)
        try:
            await self.session.commit()
        except IntegrityError as error:
            raise HTTPException(409, "taken") from error
        await self.session.refresh(account)
        return account

    async def check(self, name: str, password: str):
        found = (await self.session.exec(select(Account).where(Account.username == name))).first()
        if found and bcrypt.checkpw(password.encode()[:72], found.password_hash.encode()):
            return found
        raise HTTPException(401, "wrong name or password")


async def signed_in(credentials: HTTPAuthorizationCredentials = Depends(scheme)) -> int:
    try:
        return int(jwt.decode(credentials.credentials, KEY, ["HS256"])["sub"])
    except (jwt.PyJWTError, KeyError, ValueError):
        raise HTTPException(401, "bad token")


@app.post("/auth/register", status_code=201)
async def register(data: SignUp, accounts: Accounts = Depends()):
    return (await accounts.add(data)).model_dump(exclude={"password_hash"})


@app.post("/auth/token")
async def token(username: str = Form(), password: str = Form(), accounts: Accounts = Depends()):
    account = await accounts.check(username, password)
    claims = {"sub": str(account.id), "exp": datetime.now(UTC) + timedelta(hours=1)}
    return {"access_token": jwt.encode(claims, KEY), "token_type": "Bearer"}


app.router.routes[:] = [r for r in app.router.routes if "POST" not in getattr(r, "methods", ()) or r.path != "/links/"]


@app.post("/links/", dependencies=[Depends(signed_in)])
async def create_link(link: single_file.LinkCreate, session: SessionDep):
    return await single_file.create_link(link, session)
