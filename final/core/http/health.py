"""Whether the service is alive and can work."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError

from final.core.database.migrations import is_new_enough
from final.core.errors import Unavailable, responses
from final.core.http.dependencies import DatabaseDep

router = APIRouter(tags=["Service"])

READY_SECONDS = 3


class Welcome(BaseModel):
    """The greeting."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "Welcome to LinkHub API"}]}
    )

    message: str


class Health(BaseModel):
    """The state of the service in one word."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: str


@router.get("/", summary="Say Hello")
async def read_root() -> Welcome:
    """Welcome the visitor."""
    return Welcome(message="Welcome to LinkHub API")


@router.get("/health")
async def check_health() -> Health:
    """Tell that the process is alive; for a supervisor that restarts dead ones."""
    return Health(status="ok")


@router.get("/health/ready", responses=responses(Unavailable))
async def check_readiness(database: DatabaseDep) -> Health:
    """Tell that requests can be served, with a database whose schema is this version's or newer."""
    try:
        ready = await asyncio.wait_for(is_new_enough(database), READY_SECONDS)
    except (SQLAlchemyError, TimeoutError) as error:
        raise Unavailable from error
    if not ready:
        raise Unavailable
    return Health(status="ready")
