"""What the routes of posts ask for by naming a type: a post to change, and what follows."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, File, Path, Query, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from sqlmodel import col

from final.core.fields import MAX_INT, Id, Line
from final.core.http.conditional_requests import PreconditionsDep, entity_tag
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.downloads import attachment
from final.posts import queries, service
from final.posts.effects import PostEffects
from final.posts.finding.cursor import Cursor, read_cursor
from final.posts.images import ImageStore
from final.posts.models import Post
from final.posts.schemas import ExportFormat, PostPublic, SortOrder
from final.users.dependencies import CurrentUser

PageNumber = Annotated[int, Query(ge=1, le=MAX_INT, description="Which page, from 1.")]
PageSize = Annotated[int, Query(ge=1, le=100, description="How many posts a page has.")]
Slug = Annotated[Line, Path(description="The slug of a post, or one that it had before.")]
ImageName = Annotated[Line, Path(description="The name of an image, as in `image_url`.")]
ImageFile = Annotated[
    UploadFile,
    File(
        description="A PNG, JPEG, WebP or GIF of at most 5 MB.",
        examples=["engine.png"],
        json_schema_extra={"format": "binary"},
    ),
]
After = Annotated[str | None, Query(max_length=500, description="The `next` of the page before.")]
TagFilter = Annotated[Line | None, Query(max_length=50, description="A tag.", examples=["math"])]
AuthorFilter = Annotated[
    Line | None, Query(max_length=50, description="User name of the author.", examples=["ada"])
]
TextFilter = Annotated[
    Line | None,
    Query(
        max_length=100,
        description="Words, or beginnings of words, that the post has all of.",
        examples=["analytical engine"],
    ),
]
Sort = Annotated[
    SortOrder,
    Query(description="What to sort by; `-` turns the order around. Titles sort by their slugs."),
]


async def get_post_filters(
    tag: TagFilter = None,
    author: AuthorFilter = None,
    q: TextFilter = None,
    sort: Sort = "-published_at",
) -> queries.PostFilters:
    """Read the filters and the order of a list from the query string."""
    return queries.PostFilters(tag, author, q, sort)


async def get_cursor(sort: Sort = "-published_at", after: After = None) -> Cursor | None:
    """Read from the query string behind which post the page begins."""
    if after is None:
        return None
    try:
        return read_cursor(sort, after)
    except ValueError as error:
        problem = {"type": "value_error", "loc": ("query", "after"), "msg": f"Value {error}"}
        raise RequestValidationError([problem]) from None


AfterDep = Annotated[Cursor | None, Depends(get_cursor)]


@dataclass(frozen=True)
class Editor:
    """Somebody who is about to change a post, and the version they know."""

    session: SessionDep
    user: CurrentUser
    preconditions: PreconditionsDep

    async def open(self, post_id: int, *, or_admin: bool = False) -> Post:
        """Lock a post that the caller may change, in the version that the caller means."""
        post = await service.lock_post(self.session, self.user, post_id, or_admin=or_admin)
        if self.preconditions.present:
            view = await self.read(post_id)
            self.preconditions.check(entity_tag(view))
        return post

    async def read(self, post_id: int) -> PostPublic:
        """Return the post as the caller sees it now."""
        return await queries.read_post(self.session, self.user, col(Post.id) == post_id)


EditorDep = Annotated[Editor, Depends()]


async def get_own_post(editor: EditorDep, post_id: Id) -> Post:
    """Lock a post of one's own, or raise what says why not."""
    return await editor.open(post_id)


async def get_deletable_post(editor: EditorDep, post_id: Id) -> Post:
    """Lock a post of one's own, or as an administrator any."""
    return await editor.open(post_id, or_admin=True)


async def get_images(resources: ResourcesDep) -> ImageStore:
    """Return where images are kept."""
    return ImageStore(resources.files)


async def get_effects(session: SessionDep, resources: ResourcesDep) -> PostEffects:
    """Gather what a write to a post is to tell."""
    return PostEffects(session, resources)


async def describe_export(
    response: Response,
    kind: Annotated[
        ExportFormat, Query(alias="format", description="JSON Lines, or a table.")
    ] = ExportFormat.JSONL,
) -> ExportFormat:
    """Read the format of an export, and name it in the headers before the first byte."""
    types = {ExportFormat.JSONL: "application/jsonl", ExportFormat.CSV: "text/csv; charset=utf-8"}
    response.headers["Content-Type"] = types[kind]
    response.headers.update(attachment(f"posts.{kind}"))
    return kind


PostFiltersDep = Annotated[queries.PostFilters, Depends(get_post_filters)]
OwnPost = Annotated[Post, Depends(get_own_post)]
DeletablePost = Annotated[Post, Depends(get_deletable_post)]
PostEffectsDep = Annotated[PostEffects, Depends(get_effects)]
ImagesDep = Annotated[ImageStore, Depends(get_images)]
ExportDep = Annotated[ExportFormat, Depends(describe_export)]
