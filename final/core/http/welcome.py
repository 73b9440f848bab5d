"""The greeting at `/`."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter(tags=["Service"])


class Welcome(BaseModel):
    """The greeting."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "Welcome to LinkHub API"}]}
    )

    message: str = Field(description="A word of welcome.")


@router.get("/", summary="Say Hello")
async def read_root() -> Welcome:
    """Welcome the visitor."""
    return Welcome(message="Welcome to LinkHub API")
