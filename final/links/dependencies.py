"""What the link routes may ask for by naming a type."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response
from pydantic import JsonValue
from starlette.requests import HTTPConnection

from final.core.fields import Line
from final.links.addresses.site import KEY
from final.links.addresses.urls import WebAddress
from final.links.resources import LinkResources, links_of

TitleSearch = Annotated[
    Line | None,
    Query(
        max_length=200,
        description="Literal text in title, description or URL, ignoring case and accents.",
    ),
]
TagFilter = Annotated[
    Line | None, Query(max_length=50, description="A tag, ignoring case.", examples=["python"])
]
# The one word that Swagger UI fills into its form; `examples` of a parameter it does not show.
KEY_EXAMPLE: dict[str, JsonValue] = {"example": "fastapi"}
URL_EXAMPLE: dict[str, JsonValue] = {"example": "https://fastapi.tiangolo.com/"}
Key = Annotated[
    str, Path(description="Alias or short code, in any case.", json_schema_extra=KEY_EXAMPLE)
]
KeyQuery = Annotated[
    str,
    Query(
        pattern=f"^{KEY.pattern}$",
        description="Alias or short code.",
        json_schema_extra=KEY_EXAMPLE,
    ),
]
UrlQuery = Annotated[str, Query(description="The original URL.", json_schema_extra=URL_EXAMPLE)]
PageUrl = Annotated[WebAddress, Query(description="The page.", json_schema_extra=URL_EXAMPLE)]


def vary_by_caller(response: Response) -> None:
    """Tell caches that the same address answers different people differently."""
    response.headers["Vary"] = "Authorization"


async def get_link_resources(connection: HTTPConnection) -> LinkResources:
    """Return what the routes of links have in common: the site, the click counter ..."""
    return links_of(connection)


LinkResourcesDep = Annotated[LinkResources, Depends(get_link_resources)]
