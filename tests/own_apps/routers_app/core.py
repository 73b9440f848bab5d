from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from passlib.hash import bcrypt
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from .settings import get_settings
from .tables import User

engine = create_async_engine(get_settings().database_url)
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
hasher = bcrypt.using(rounds=4)


async def get_session():
    async with sessions() as session:
        yield session


Db = Annotated[AsyncSession, Depends(get_session)]


def make_token(user: User) -> str:
    end = datetime.now(UTC) + timedelta(minutes=get_settings().token_minutes)
    return jwt.encode({"sub": str(user.id), "exp": end}, get_settings().jwt_secret_key)


async def current_user(db: Db, token: str = Depends(OAuth2PasswordBearer(tokenUrl="auth/token"))):
    try:
        subject = jwt.decode(token, get_settings().jwt_secret_key, ["HS256"])["sub"]
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Could not validate credentials") from error
    if user := await db.get(User, int(subject)):
        return user
    raise HTTPException(401, "Could not validate credentials")


Me = Annotated[User, Depends(current_user)]
