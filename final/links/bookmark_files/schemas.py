"""What an import answers."""

from typing import Literal

from pydantic import BaseModel, Field

from final.core.fields import example


class ImportResult(BaseModel):
    """What became of one bookmark."""

    model_config = example({"index": 1, "status": "ok", "id": 10, "url": "https://example.com"})

    index: int = Field(description="Its place in the file, from 1.")
    status: Literal["ok", "error"] = Field(description="Whether it is in the list now.")
    id: int | None = Field(default=None, description="The number of the link.")
    code: int | None = Field(default=None, description="What POST /links would have answered.")
    detail: str | None = Field(default=None, description="What went wrong.")
    url: str | None = Field(default=None, description="Where it leads.")
    warnings: list[str] = Field(
        default=[],
        description="What was too long or too much, and cut.",
        examples=[["title: cut to 200 characters"]],
    )
