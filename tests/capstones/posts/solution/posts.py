"""The routes of posts."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Annotated, Literal

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    Header,
    HTTPException,
    Query,
    Response,
    UploadFile,
)
from fastapi.responses import StreamingResponse
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from . import images, queries
from .cache import cache
from .database import SessionDep, engine
from .live import announce
from .models import Post
from .observability import logger
from .schemas import PostCreate, PostPage, PostPublic, PostUpdate, refusals
from .security import CurrentUser, OptionalUser

router = APIRouter(prefix="/posts", tags=["posts"])
Sort = Literal["-created_at", "created_at", "-updated_at", "updated_at", "title", "-title"]
CHANGING = refusals(401, 403, 404)


async def load_own(post_id: int, user: CurrentUser, session: SessionDep) -> Post:
    """Find a post that the user may change, or answer 404 or 403."""
    post = await queries.find_post(session, post_id, user)
    if post.author_id != user.id:
        raise HTTPException(403, "This is not your post")
    return post


OwnPost = Annotated[Post, Depends(load_own)]


def index_post(post_id: int) -> None:
    """Put a post into the search index; a stub, so far."""
    logger.info("post %s is to be indexed", post_id)


@router.get("", response_model=PostPage)
async def list_posts(
    session: SessionDep,
    tag: str | None = None,
    sort: Sort = "-created_at",
    page: Annotated[int, Query(ge=1, le=2**31 - 1)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Response:
    """List published posts, a page at a time."""
    key = await cache.key("posts", f"{tag}:{sort}:{page}:{size}")
    text = await cache.get(key)
    if text is None:
        text = (await queries.read_page(session, tag, sort, page, size)).model_dump_json()
        await cache.put(key, text)
    return Response(text, media_type="application/json")


@router.get("/export", response_class=StreamingResponse)
async def export_posts() -> StreamingResponse:
    """Send all published posts, one JSON object a line, without holding them all."""

    async def lines() -> AsyncIterator[str]:
        query = queries.select_posts(None).order_by(col(Post.id)).options(*queries.WITH_ALL)
        async with AsyncSession(engine) as session:
            async for post in await session.stream_scalars(query.execution_options(yield_per=100)):
                yield queries.show(post).model_dump_json() + "\n"

    return StreamingResponse(lines(), media_type="application/jsonl")


@router.get("/{post_id}", response_model=PostPublic, responses=refusals(404))
async def get_post(
    post_id: int,
    session: SessionDep,
    viewer: OptionalUser,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return one post, or 304 to whoever has this version of it."""
    text = queries.show(await queries.find_post(session, post_id, viewer)).model_dump_json()
    headers = {"ETag": f'"{sha256(text.encode()).hexdigest()}"'}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/json", headers=headers)


@router.post("", status_code=201, responses=refusals(401))
async def create_post(
    data: PostCreate, user: CurrentUser, session: SessionDep, tasks: BackgroundTasks
) -> PostPublic:
    """Write a post, or a draft."""
    slug = await queries.make_slug(session, data.title)
    post = Post(**data.model_dump(exclude={"tags"}), author=user, slug=slug)
    shown = queries.show(await queries.save(session, post, {"tags": data.tags}))
    await cache.invalidate("posts")
    tasks.add_task(index_post, shown.id)
    if shown.published:
        tasks.add_task(announce, shown.model_dump(mode="json"))
    return shown


@router.put("/{post_id}", responses=CHANGING)
async def replace_post(data: PostCreate, post: OwnPost, session: SessionDep) -> PostPublic:
    """Replace a post of one's own."""
    shown = queries.show(await queries.save(session, post, data.model_dump()))
    await cache.invalidate("posts")
    return shown


@router.patch("/{post_id}", responses=CHANGING)
async def update_post(data: PostUpdate, post: OwnPost, session: SessionDep) -> PostPublic:
    """Change what is sent of a post of one's own."""
    changes = data.model_dump(exclude_unset=True)
    shown = queries.show(await queries.save(session, post, changes))
    await cache.invalidate("posts")
    return shown


@router.delete("/{post_id}", status_code=204, responses=CHANGING)
async def delete_post(post_id: int, user: CurrentUser, session: SessionDep) -> None:
    """Delete a post of one's own, or as an administrator anybody's."""
    post = await queries.find_post(session, post_id, user)
    if user.role != "admin" and post.author_id != user.id:
        raise HTTPException(403, "This is not your post")
    await session.delete(post)
    await session.commit()
    await cache.invalidate("posts")


@router.post("/{post_id}/image", responses=CHANGING | refusals(413, 415))
async def upload_image(file: UploadFile, post: OwnPost, session: SessionDep) -> PostPublic:
    """Give a post of one's own an image."""
    changes = {"image_url": await images.store(file)}
    shown = queries.show(await queries.save(session, post, changes))
    await cache.invalidate("posts")
    return shown
