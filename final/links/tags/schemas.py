"""What comes out of the routes of tags."""

from pydantic import BaseModel, ConfigDict, Field

from final.core.fields import Change
from final.links.fields import Tag


class TagCount(BaseModel):
    """A tag, and how many links bear it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "python", "count": 12}]})

    name: str = Field(description="The tag.")
    count: int = Field(description="How many links of one's own list bear it.")


class TagUpdate(Change):
    """Another name for a tag."""

    name: Tag = Field(description="The tag from now on, be it there already.", examples=["snakes"])
