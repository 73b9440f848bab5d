"""Pages: which slice of a list is meant, and the headers that lead to its neighbours."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select, SelectOfScalar

from final.core.types import MAX_INT

T = TypeVar("T")

Skip = Annotated[int, Query(ge=0, le=MAX_INT, description="How many entries to pass over.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many entries to return at most.")]


class Page:
    """One page of a list: reads its slice and describes it in the response headers."""

    def __init__(
        self, request: Request, response: Response, skip: Skip = 0, limit: Limit = 10
    ) -> None:
        """Take the slice from the query string."""
        self.path, self.query = request.url.path, request.query_params.multi_items()
        self.headers = response.headers
        self.skip, self.limit = skip, limit

    async def read(self, session: AsyncSession, query: SelectOfScalar[T] | Select[T]) -> list[T]:
        """Return this page of a query that has a total order, and set the list headers."""
        everything = query.order_by(None).subquery()
        total = (await session.scalar(select(func.count()).select_from(everything))) or 0
        self.describe(total)
        page: Sequence[Any] = (await session.exec(query.offset(self.skip).limit(self.limit))).all()
        return list(page)

    def describe(self, total: int) -> None:
        """Set `X-Total-Count` and the `Link` header of RFC 8288."""
        self.headers["X-Total-Count"] = str(total)
        last = max(0, (total - 1) // self.limit * self.limit)
        places = {"first": 0, "last": last}
        if self.skip > 0:
            places["prev"] = max(0, min(self.skip, total) - self.limit)
        if self.skip + self.limit < total:
            places["next"] = self.skip + self.limit
        self.headers["Link"] = ", ".join(
            f'<{self.link(skip)}>; rel="{name}"' for name, skip in places.items()
        )

    def link(self, skip: int) -> str:
        """Return a relative link: the Host header is nothing to build on."""
        others = [(name, value) for name, value in self.query if name not in ("skip", "limit")]
        return f"{self.path}?{urlencode([*others, ('skip', skip), ('limit', self.limit)])}"


async def get_page(request: Request, response: Response, skip: Skip = 0, limit: Limit = 10) -> Page:
    """Read the slice from the query string."""
    return Page(request, response, skip, limit)


PageDep = Annotated[Page, Depends(get_page)]
