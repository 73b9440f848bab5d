"""A few links to look around with."""

from typing import TypeAlias

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.links.addresses.site import Site
from final.links.addresses.urls import Address
from final.links.models import UserLink
from final.links.schemas import LinkCreate
from final.links.service import save_link
from final.users.models import User

Page: TypeAlias = tuple[str, str, str, list[str]]

PAGES: list[Page] = [
    ("FastAPI", "https://fastapi.tiangolo.com/", "The framework of this app.", ["python", "web"]),
    ("SQLModel", "https://sqlmodel.tiangolo.com/", "Tables and schemas.", ["python", "database"]),
    ("pytest", "https://docs.pytest.org/", "Tests that read like sentences.", ["python", "tests"]),
    ("PostgreSQL", "https://www.postgresql.org/docs/", "The manual.", ["database"]),
    ("MDN Web Docs", "https://developer.mozilla.org/", "HTTP, HTML and the rest.", ["web"]),
    ("RFC 9110", "https://www.rfc-editor.org/rfc/rfc9110.html", "What HTTP means.", ["web"]),
]


async def add_links(session: AsyncSession, site: Site, users: list[User]) -> int:
    """Add sample links to the lists that are empty; return how many.

    Of each list, the second passes queries on, and the last is private.
    """
    added = 0
    for number, user in enumerate(users):
        query = select(UserLink.id).where(UserLink.user_id == user.id).limit(1)
        if (await session.exec(query)).first() is None:
            await fill_list(session, site, user.id, (PAGES * 2)[number % len(PAGES) :][:3])
            added += 3
    return added


async def fill_list(session: AsyncSession, site: Site, user_id: int, pages: list[Page]) -> None:
    """Save links to these pages."""
    for number, (title, url, description, tags) in enumerate(pages, 1):
        data = LinkCreate(
            title=title,
            url=Address.read(url),
            description=description,
            is_private=number == len(pages),
        )
        await save_link(session, site, user_id, data, sorted(tags), forward_query=number == 2)
