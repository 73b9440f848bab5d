"""What comes out of the route that checks links."""

from pydantic import BaseModel, Field

from final.core.fields import example


class CheckStarted(BaseModel):
    """What is said of a check."""

    model_config = example({"detail": "Your links are being checked."})

    detail: str = Field(description="What happens now.")
