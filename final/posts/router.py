"""The routes of posts: under `/api/v1`, and the same without a version."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import col

from final.core.database.transaction import on_commit
from final.core.errors import (
    NotAuthenticated,
    PreconditionFailed,
    Responses,
    StorageUnavailable,
    Unprocessable,
    responses,
)
from final.core.fields import Id
from final.core.http.cached_responses import cached_response
from final.core.http.conditional_requests import PreconditionsDep
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.openapi import BINARY, TOKEN_OPTIONAL
from final.core.root_path import outward
from final.posts import queries, service
from final.posts.dependencies import (
    AfterDep,
    DeletablePost,
    EditorDep,
    ExportDep,
    ImageFile,
    ImageName,
    ImagesDep,
    OwnPost,
    PageNumber,
    PageSize,
    PostEffectsDep,
    PostFiltersDep,
    Slug,
)
from final.posts.effects import LISTED
from final.posts.errors import ImageTooLarge, NotAnImage, NotYourPost, PostMoved, PostNotFound
from final.posts.export import export
from final.posts.feed import router as feed_router
from final.posts.images import HEADERS, MAX_BYTES, MAX_FORM, MEDIA_TYPES
from final.posts.models import Post
from final.posts.schemas import PostCreate, PostPage, PostPublic, PostReplace, PostUpdate
from final.posts.tags import router as tags_router
from final.posts.versions import unless_known, versioned
from final.users.dependencies import CurrentUser, OptionalUser

router = APIRouter(tags=["Posts"])
posts = APIRouter(prefix="/posts")
posts.include_router(tags_router.router)
posts.include_router(feed_router.router)

HERE = "/api/v1/posts"
READING: Responses = responses(
    NotAuthenticated, PostNotFound, PreconditionFailed, Unprocessable
) | {304: {"description": "The caller has this version already; there is no body."}}
CHANGING = responses(NotAuthenticated, NotYourPost, PostNotFound, PreconditionFailed, Unprocessable)
EXPORTED: dict[str, Any] = {
    "content": {kind: {"schema": {"type": "string"}} for kind in ("application/jsonl", "text/csv")}
}
IMAGE: dict[str, Any] = {"content": dict.fromkeys(MEDIA_TYPES.values(), BINARY)}


@posts.get("", response_model=PostPage, responses=responses(Unprocessable))
async def list_posts(
    request: Request,
    session: SessionDep,
    resources: ResourcesDep,
    filters: PostFiltersDep,
    page: PageNumber = 1,
    size: PageSize = 10,
    after: AfterDep = None,
) -> Response:
    """List published posts, the latest published first unless `sort` says otherwise.

    Pages shift while somebody posts. `after`, the `next` of the page before, goes on exactly there.
    """

    async def read() -> Response:
        """Read the page from the database."""
        posts = await queries.list_posts(session, filters, page, size, after)
        return Response(posts.model_dump_json(), media_type="application/json")

    return await cached_response(
        request, resources.cache, LISTED, read, filters=filters, page=page, size=size, after=after
    )


@posts.get(
    "/export",
    response_class=StreamingResponse,
    responses=responses(Unprocessable) | {200: EXPORTED},
)
async def export_posts(
    request: Request, resources: ResourcesDep, kind: ExportDep
) -> AsyncIterator[str]:
    """Stream all published posts, one JSON object a line or as a table."""
    if request.scope.get("head"):
        return
    async for piece in export(resources.database, kind):
        yield piece


@posts.get(
    "/by-slug/{slug}",
    response_model=PostPublic,
    responses=READING | responses(PostMoved),
    openapi_extra=TOKEN_OPTIONAL,
)
async def read_post_by_slug(
    response: Response,
    session: SessionDep,
    viewer: OptionalUser,
    preconditions: PreconditionsDep,
    slug: Slug,
) -> PostPublic | Response:
    """Return one post, found by its slug; one that it had before leads to the present one."""
    post = await queries.read_post_by_slug(session, viewer, slug)
    return unless_known(response, preconditions, post)


@posts.get(
    "/images/{name}",
    response_class=Response,
    responses=responses(NotAuthenticated, PostNotFound, Unprocessable, StorageUnavailable)
    | {200: IMAGE},
    openapi_extra=TOKEN_OPTIONAL,
)
async def read_post_image(
    session: SessionDep, viewer: OptionalUser, images: ImagesDep, name: ImageName
) -> Response:
    """Return the image of a post to whom the post itself is shown."""
    await queries.read_post(session, viewer, col(Post.image) == name)
    await session.commit()  # nothing to keep: returns the connection, for a bucket may be far away
    content = await images.read(name)
    if content is None:
        raise PostNotFound
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    return Response(content, headers=HEADERS, media_type=media_type)


@posts.get("/{post_id}", response_model=PostPublic, responses=READING, openapi_extra=TOKEN_OPTIONAL)
async def read_post(
    response: Response,
    session: SessionDep,
    viewer: OptionalUser,
    preconditions: PreconditionsDep,
    post_id: Id,
) -> PostPublic | Response:
    """Return one post; a draft only to its author and to administrators."""
    post = await queries.read_post(session, viewer, col(Post.id) == post_id)
    return unless_known(response, preconditions, post)


@posts.post("", status_code=201, responses=responses(NotAuthenticated, Unprocessable))
async def create_post(
    response: Response,
    session: SessionDep,
    author: CurrentUser,
    effects: PostEffectsDep,
    data: PostCreate,
) -> PostPublic:
    """Write a post, or with `published: false` a draft; the slug is made from the title."""
    post = await service.create_post(session, author, data)
    effects.written(post.id, first_published=post.published)
    response.headers["Location"] = outward(f"{HERE}/{post.id}")
    view = await queries.read_post(session, author, col(Post.id) == post.id)
    return versioned(response, view)


@posts.put("/{post_id}", responses=CHANGING)
async def replace_post(
    response: Response, editor: EditorDep, effects: PostEffectsDep, post: OwnPost, data: PostReplace
) -> PostPublic:
    """Replace a post of one's own; what is not sent gets its usual value."""
    return await change(response, editor, effects, post, data)


@posts.patch("/{post_id}", responses=CHANGING)
async def update_post(
    response: Response, editor: EditorDep, effects: PostEffectsDep, post: OwnPost, data: PostUpdate
) -> PostPublic:
    """Change what is sent; with `If-Match`, only the version that the caller knows."""
    return await change(response, editor, effects, post, data)


async def change(
    response: Response,
    editor: EditorDep,
    effects: PostEffectsDep,
    post: Post,
    data: PostCreate | PostUpdate,
) -> PostPublic:
    """Write changes to a post and return what became of it."""
    changes = data.model_dump(exclude_unset=isinstance(data, PostUpdate))
    first_published = await service.change_post(editor.session, post, changes)
    effects.written(post.id, first_published=first_published)
    response.headers["Content-Location"] = outward(f"{HERE}/{post.id}")
    return versioned(response, await editor.read(post.id))


@posts.delete("/{post_id}", status_code=204, responses=CHANGING)
async def delete_post(
    session: SessionDep, images: ImagesDep, effects: PostEffectsDep, post: DeletablePost
) -> None:
    """Delete a post with its image: one's own, or as an administrator anyone's."""
    await service.delete_post(session, post)
    effects.written(post.id)
    on_commit(session, images.remove, post.image)


@posts.post(
    "/{post_id}/image",
    max_body_size=MAX_FORM,
    responses=CHANGING | responses(ImageTooLarge, NotAnImage, StorageUnavailable),
)
async def upload_post_image(
    response: Response,
    editor: EditorDep,
    effects: PostEffectsDep,
    images: ImagesDep,
    post_id: Id,
    file: ImageFile,
) -> PostPublic:
    """Give a post of one's own an image, or another one; its metadata is dropped."""
    await editor.open(post_id)
    await editor.session.commit()  # painting takes a while: nobody is kept waiting meanwhile
    if (file.size or 0) > MAX_BYTES:
        raise ImageTooLarge
    name = await images.add(file.file)
    async with images.tentative(name):
        post = await editor.open(post_id)
        effects.written(post_id)
        on_commit(editor.session, images.remove, post.image)
        await service.set_image(editor.session, post, name)
    return versioned(response, await editor.read(post_id))


router.include_router(posts, prefix="/api/v1")
# The same without a version, for clients that came before there were versions.
router.include_router(posts, include_in_schema=False)
