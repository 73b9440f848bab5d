"""Level 2, wrong: the ids are texts."""

from typing import Annotated

import single_file
from pydantic import Field

app = single_file.app


class LinkPublic(single_file.LinkBase):
    id: Annotated[str, Field(coerce_numbers_to_str=True)]
    created_at: single_file.datetime


app.router.routes[:] = [route for route in app.router.routes if "POST" not in getattr(route, "methods", ())]
app.post("/links/", response_model=LinkPublic)(single_file.create_link)
