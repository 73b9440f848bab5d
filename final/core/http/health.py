"""Whether the service is alive and can work."""

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError

from final.core.database.engine import Database
from final.core.database.migrations import is_new_enough
from final.core.errors import Unavailable, responses
from final.core.http.dependencies import ResourcesDep

router = APIRouter(tags=["Service"])

READY_SECONDS = 3


class Health(BaseModel):
    """The state of the service in one word."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: str = Field(description="`ok` or `ready`.")


@router.get("/health")
async def check_health() -> Health:
    """Tell that the process is alive; for a supervisor that restarts dead ones."""
    return Health(status="ok")


@router.get("/health/ready", responses=responses(Unavailable))
async def check_readiness(request: Request, resources: ResourcesDep) -> Health:
    """Tell that requests can be served, for a load balancer.

    Not so while the database is away or its schema older than this version needs, and in the last
    seconds before a stop.
    """
    if request.app.state.draining.begun or not await is_usable(resources.database):
        raise Unavailable
    return Health(status="ready")


async def is_usable(database: Database) -> bool:
    """Tell whether the database says in reasonable time that its schema is new enough."""
    try:
        return await asyncio.wait_for(is_new_enough(database), READY_SECONDS)
    except (SQLAlchemyError, TimeoutError):
        return False
