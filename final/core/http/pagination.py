"""Pages: which slice of a list is meant, and the headers that lead to its neighbours.

A page is asked for by `skip`, or by `after`, the `id` that the page before ended with. `skip` walks
over everything before the page, `after` goes there at once: at any depth it costs the same. So
`Link: rel="next"` says `after` where the list is sorted by `id`.

Totals are counted where somebody starts to read, not again on each page that follows, and only so
far: of a longer list `X-Total-Count` is a minimum, and `X-Total-Count-Exact: false` says so.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi import params as kinds
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import Select, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.reading import fetch_rows, slice_of, total_of
from final.core.fields import MAX_INT
from final.core.root_path import outward

# Up to here a list is counted.
COUNTED = 10_000
DECLARED: dict[Callable[..., Any], frozenset[str]] = {}

Skip = Annotated[int, Query(ge=0, le=MAX_INT, description="How many entries to pass over.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many entries to return at most.")]
After = Annotated[
    int | None,
    Query(
        ge=0,
        le=MAX_INT,
        description='Begin after the entry with this `id`; `Link: rel="next"` leads there.',
    ),
]


class Page:
    """One page of a list: reads its slice and describes it in the response headers."""

    # Whether the list is sorted by `id`, so that its pages may begin after one.
    has_cursor = False

    def __init__(
        self,
        request: Request,
        response: Response,
        skip: int,
        limit: int,
        after: int | None = None,
    ) -> None:
        """Take the slice."""
        self.request, self.headers = request, response.headers
        self.skip, self.limit, self.after = skip, limit, after

    async def read(
        self,
        session: AsyncSession,
        query: Select[Any],
        key: Any = None,
        shown: Select[Any] | None = None,
    ) -> Sequence[Any]:
        """Return this page of a query that has a total order, and set the list headers.

        The key is what tells its rows apart, one column or several: with it a deep page costs
        less, and still less with the query without its conditions.
        """
        rows = await fetch_rows(
            session,
            slice_of(query, self.after is not None, key, shown),
            after=self.after,
            skip=self.skip,
            limit=self.limit + 1,  # one more tells whether there is a next page
            at_most=COUNTED + 1,
        )
        following = self.link_after(rows)
        if self.after is None:
            self.describe(await self.count(session, query, rows), following)
        else:
            self.set_links(first=self.link(skip=0), next=following)
        return rows[: self.limit]

    def link_after(self, rows: Sequence[Any]) -> str | None:
        """Return the link to the next page, if there is one: then the last row is one of its."""
        if len(rows) <= self.limit:
            return None
        if self.has_cursor:
            return self.link(after=rows[self.limit - 1].id)
        return self.link(skip=self.skip + self.limit)

    async def count(self, session: AsyncSession, query: Select[Any], rows: Sequence[Any]) -> int:
        """Return the length of the list as far as it is counted: it came with the rows, if any."""
        if rows:
            return int(rows[0].total)
        if not self.skip:
            return 0
        total = await fetch_rows(session, select(total_of(query)), at_most=COUNTED + 1)
        return int(total[0][0])

    def tell_total(self, total: int) -> bool:
        """Set `X-Total-Count`; return, and say in a header where it is not so, if it is exact."""
        is_exact = total <= COUNTED
        self.headers["X-Total-Count"] = str(min(total, COUNTED))
        if not is_exact:
            self.headers["X-Total-Count-Exact"] = "false"
        return is_exact

    def describe(self, total: int, following: str | None) -> None:
        """Set `X-Total-Count` and the `Link` header of RFC 8288."""
        is_exact = self.tell_total(total)
        last = max(0, (total - 1) // self.limit * self.limit)
        previous = max(0, (min(self.skip, total) if is_exact else self.skip) - self.limit)
        self.set_links(
            first=self.link(skip=0),
            last=self.link(skip=last) if is_exact else None,
            prev=self.link(skip=previous) if self.skip > 0 else None,
            next=following,
        )

    def set_links(self, **links: str | None) -> None:
        """Name the neighbours that there are."""
        self.headers["Link"] = ", ".join(
            f'<{link}>; rel="{name}"' for name, link in links.items() if link
        )

    def link(self, **place: int) -> str:
        """Return a relative link: the Host header is nothing to build on."""
        numbers = [f"{name}={number}" for name, number in place.items()]
        query = "&".join([*self.filters, *numbers, f"limit={self.limit}"])
        return outward(f"{self.request.scope['path']}?{query}")

    @cached_property
    def filters(self) -> list[str]:
        """Return what else the query string says of the parameters that the route declares."""
        names = declared(self.request.scope["route"]) - {"skip", "limit", "after"}
        given = self.request.query_params.items()
        return [urlencode({name: value}) for name, value in given if name in names]

    def answer(self, views: Sequence[BaseModel]) -> Response:
        """Answer with views as they are; FastAPI would validate each a second time."""
        return Response(to_json(views), media_type="application/json", headers=self.headers)


def declared(route: APIRoute) -> frozenset[str]:
    """Return the names of the query parameters of a route."""
    if route.endpoint not in DECLARED:
        fields = get_flat_params(route.dependant)
        DECLARED[route.endpoint] = frozenset(
            field.alias for field in fields if isinstance(field.field_info, kinds.Query)
        )
    return DECLARED[route.endpoint]


class CursorPage(Page):
    """One page of a list that is sorted by `id`."""

    has_cursor = True


async def get_page(request: Request, response: Response, skip: Skip = 0, limit: Limit = 10) -> Page:
    """Read from the query string which page of a list is meant."""
    return Page(request, response, skip, limit)


async def get_cursor_page(
    request: Request, response: Response, skip: Skip = 0, limit: Limit = 10, after: After = None
) -> CursorPage:
    """Read which page of a list that is sorted by `id` is meant."""
    return CursorPage(request, response, skip, limit, after)


PageDep = Annotated[Page, Depends(get_page)]
CursorPageDep = Annotated[CursorPage, Depends(get_cursor_page)]
