"""What comes out of the route of tags."""

from pydantic import BaseModel, ConfigDict, Field


class PostTagCount(BaseModel):
    """A tag, and how many posts bear it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "math", "count": 12}]})

    name: str = Field(description="The tag.")
    count: int = Field(description="How many published posts bear it.")
