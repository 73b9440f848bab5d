"""The app: accounts, short links and the upload of many."""

from fastapi import FastAPI

from . import auth, batch, links
from .database import lifespan

app = FastAPI(title="Shortener", lifespan=lifespan)
for router in (auth.router, batch.router, links.router):
    app.include_router(router)
