"""What an item is worth: the same for all, unless a TOML file says otherwise.

default = 1            # points of an item
partial = true         # a share of them for a share of its core tests
hardening = 0.5        # points on top, for all hardening tests of an item; 0: they do not count

[items]
"3.2" = 4
"""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tests.course.results import Count, ItemResult

Amount = Annotated[float, Field(ge=0, le=1000)]


class Points(BaseModel):
    """What items are worth."""

    model_config = ConfigDict(extra="forbid")

    default: Amount = 1
    partial: bool = True
    hardening: Amount = 0
    items: dict[str, Amount] = {}

    def most(self, item: ItemResult) -> float:
        """Return what can be had for an item, without what comes on top."""
        return self.items.get(item["number"], self.default)

    def of(self, item: ItemResult) -> float:
        """Return what an item has earned."""
        part = share(item["core"]) if self.partial else 0.0
        earned = self.most(item) * (1.0 if item["status"] == "done" else part)
        return round(earned + self.hardening * share(item["hardening"]), 2)


def share(count: Count) -> float:
    """Return how large a part of the tests has passed."""
    return count["passed"] / count["total"] if count["total"] else 0


def load_points(file: Path | None) -> Points:
    """Read what items are worth."""
    return Points(**tomllib.loads(file.read_text("utf-8"))) if file else Points()
