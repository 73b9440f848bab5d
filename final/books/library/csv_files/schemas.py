"""What comes out of the import."""

from typing import Literal

from pydantic import BaseModel, Field

from final.core.fields import example


class RowResult(BaseModel):
    """What became of one row."""

    model_config = example({"row": 1, "status": "ok", "title": "Emma", "book_id": 3})

    row: int = Field(description="Its place in the file, from 1, without the header.")
    status: Literal["ok", "error"] = Field(description="Whether it is on the shelf now.")
    title: str = Field(description="The title as the file has it.")
    book_id: int | None = Field(default=None, description="The number of the book.")
    code: int | None = Field(
        default=None,
        description="404: not in the catalogue; 409: on the shelf before; 422: no ISBN.",
    )
    detail: str | None = Field(default=None, description="What went wrong.")
    warnings: list[str] = Field(default=[], description="What was changed to fit.")
