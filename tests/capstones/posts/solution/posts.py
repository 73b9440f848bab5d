"""Posts: writing, finding and showing them."""

import secrets
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Query, Request, Response
from fastapi_pagination import Page, Params
from fastapi_pagination.ext.sqlmodel import apaginate
from slugify import slugify
from sqlmodel import col, select

from .cache import cache, commit, read_version
from .database import SessionDep
from .images import StoredImage
from .live import announce
from .models import Post, PostCreate, PostPublic, PostUpdate, Tag, refusals
from .observability import logger
from .users import CurrentUser, OptionalUser

router = APIRouter(prefix="/posts", tags=["posts"])
CHANGING = refusals(401, 403, 404)
PUBLISHED = select(Post).where(col(Post.published))
Sort = Literal["-created_at", "created_at", "-updated_at", "updated_at", "title", "-title"]


class Wanted(Params):
    """Which posts are asked for, and in which order."""

    tag: str | None = None
    sort: Sort = "-created_at"
    page: int = Query(1, ge=1, le=2**31 - 1)
    size: int = Query(10, ge=1, le=100)


PostPage = Page[PostPublic]
WantedDep = Annotated[Wanted, Query()]
Version = Annotated[int, Depends(read_version)]


async def find_post(post_id: int, session: SessionDep, viewer: OptionalUser) -> Post:
    """Find a post that the viewer may see, or answer 404; a draft is its author's alone."""
    post = await session.get(Post, post_id)
    mine = post and viewer and (viewer.role == "admin" or viewer.id == post.author_id)
    if not post or not (post.published or mine):
        raise HTTPException(404, "Post not found")
    return post


FoundPost = Annotated[Post, Depends(find_post)]


async def find_own(request: Request, user: CurrentUser, post: FoundPost) -> Post:
    """Find a post of one's own, or answer 403; administrators may delete any."""
    if post.author_id != user.id and (user.role, request.method) != ("admin", "DELETE"):
        raise HTTPException(403, "This is not your post")
    return post


OwnPost = Annotated[Post, Depends(find_own)]


async def make_slug(session: SessionDep, title: str) -> str:
    """Make a title fit for a URL; a slug that is taken gets an ending of its own."""
    slug = slugify(title) or "post"
    taken = (await session.exec(select(Post.id).where(Post.slug == slug))).first()
    return f"{slug}-{secrets.token_hex(4)}" if taken else slug


async def save(session: SessionDep, post: Post, changes: dict[str, Any]) -> PostPublic:
    """Change a post, store it and show it."""
    if "tags" in changes:
        post.tags = [Tag(name=name) for name in sorted(set(changes.pop("tags")))]
    session.add(post.sqlmodel_update(changes))
    await commit(session)
    return PostPublic.model_validate(post)


@router.get("")
@cache(ttl="1m", key="posts:{version}:{wanted}")
async def list_posts(session: SessionDep, version: Version, wanted: WantedDep) -> PostPage:
    """List published posts, a page at a time."""
    query = PUBLISHED
    if wanted.tag:
        query = query.where(col(Post.tags).any(name=wanted.tag.lower()))
    columns = getattr(Post, wanted.sort.lstrip("-")), col(Post.id)
    order = [column.desc() if wanted.sort.startswith("-") else column for column in columns]
    page = await apaginate(session, query.order_by(*order), wanted)
    return PostPage.model_validate(page, from_attributes=True)


@router.get("/export")
async def export_posts(session: SessionDep) -> AsyncIterator[PostPublic]:
    """Send all published posts, one JSON object a line, without holding them all."""
    query = PUBLISHED.order_by(col(Post.id)).execution_options(yield_per=100)
    async for post in await session.stream_scalars(query):
        yield PostPublic.model_validate(post)


@router.get("/{post_id}", response_model=PostPublic, responses=refusals(404))
async def get_post(request: Request, post: FoundPost) -> Response:
    """Return one post, or 304 to whoever has this version of it."""
    text = PostPublic.model_validate(post).model_dump_json()
    headers = {"ETag": f'"{sha256(text.encode()).hexdigest()}"'}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/json", headers=headers)


@router.post("", status_code=201, responses=refusals(401))
async def create_post(
    data: PostCreate, user: CurrentUser, session: SessionDep, tasks: BackgroundTasks
) -> PostPublic:
    """Write a post, or a draft."""
    slug = await make_slug(session, data.title)
    post = Post(**data.model_dump(exclude={"tags"}), author=user, slug=slug)
    shown = await save(session, post, {"tags": data.tags})
    tasks.add_task(logger.info, "to be put into the search index", post=post.id)  # a stub, so far
    if shown.published:
        tasks.add_task(announce, shown.model_dump(mode="json"))
    return shown


@router.put("/{post_id}", responses=CHANGING)
async def replace_post(data: PostCreate, post: OwnPost, session: SessionDep) -> PostPublic:
    """Replace a post of one's own."""
    return await save(session, post, data.model_dump())


@router.patch("/{post_id}", responses=CHANGING)
async def update_post(data: PostUpdate, post: OwnPost, session: SessionDep) -> PostPublic:
    """Change what is sent of a post of one's own."""
    return await save(session, post, data.model_dump(exclude_unset=True))


@router.delete("/{post_id}", status_code=204, responses=CHANGING)
async def delete_post(post: OwnPost, session: SessionDep) -> None:
    """Delete a post of one's own, or as an administrator anybody's."""
    await session.delete(post)
    await commit(session)


@router.post("/{post_id}/image", responses=CHANGING | refusals(413, 415))
async def upload_image(post: OwnPost, image: StoredImage, session: SessionDep) -> PostPublic:
    """Give a post of one's own an image."""
    return await save(session, post, {"image_url": image})
