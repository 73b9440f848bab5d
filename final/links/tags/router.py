"""The routes of one's own tags."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from final.core.errors import NotAuthenticated, Unprocessable, responses
from final.core.fields import Line
from final.core.http.dependencies import SessionDep
from final.core.http.pagination import PageDep
from final.links.errors import TagNotFound
from final.links.tags import service
from final.links.tags.schemas import TagCount, TagUpdate
from final.users.dependencies import CurrentUser

router = APIRouter(prefix="/links/tags", tags=["Links"])

# A tag may have a slash in it.
ONE = "/{tag:path}"
Tag = Annotated[Line, Path(description="The tag, in any case.", examples=["python"])]
CHANGING = responses(NotAuthenticated, TagNotFound, Unprocessable)


@router.get("", response_model=list[TagCount], responses=responses(NotAuthenticated, Unprocessable))
async def list_tags(session: SessionDep, user: CurrentUser, page: PageDep) -> Response:
    """List the tags of one's own links by name, and how many links bear each."""
    rows = await page.read(session, service.select_tags(user.id))
    return page.answer([service.show_tag(row) for row in rows])


@router.patch(ONE, responses=CHANGING)
async def rename_tag(session: SessionDep, user: CurrentUser, tag: Tag, data: TagUpdate) -> TagCount:
    """Call a tag by another name on all of one's links; one that is there already merges both."""
    return await service.rename_tag(session, user.id, tag, data.name)


@router.delete(ONE, status_code=204, responses=CHANGING)
async def remove_tag(session: SessionDep, user: CurrentUser, tag: Tag) -> None:
    """Take a tag off all of one's links; the links stay."""
    await service.remove_tag(session, user.id, tag)
