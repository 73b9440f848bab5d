"""Many at the same moment: nothing is done twice, nothing fails."""

from collections import Counter
from typing import Any

import pytest
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.users.models import Role, User
from tests.support.server import PASSWORD, Server

pytestmark = pytest.mark.workers


def statuses(server: Server, *requests: dict[str, Any]) -> Counter[int]:
    """Count the answers to simultaneous requests."""
    return Counter(response.status_code for response in server.at_once(*requests))


def count_users(server: Server) -> int:
    """Count the accounts in the database."""

    async def count(session: AsyncSession) -> int:
        return (await session.exec(select(func.count()).select_from(User))).one()

    return server.in_session(count)


def test_of_20_equal_refreshes_one_succeeds(server: Server) -> None:
    tokens = server.join("ada").tokens
    body = {"refresh_token": tokens["refresh_token"]}
    request = {"method": "POST", "url": "/api/auth/refresh", "json": body}
    assert statuses(server, *[request] * 20) == {200: 1, 401: 19}


def test_of_40_equal_registrations_one_succeeds(server: Server) -> None:
    spellings = ["ada", "ADA", "Ada", "aDa"] * 10
    requests = [
        {
            "method": "POST",
            "url": "/auth/register",
            "json": {"username": name, "email": f"{name}@example.com", "password": PASSWORD},
        }
        for name in spellings
    ]
    assert statuses(server, *requests) == {201: 1, 409: 39}
    assert count_users(server) == 1


def test_admins_who_demote_each_other_leave_one(server: Server) -> None:
    for round_number in range(5):
        pair = [server.join(f"admin-{round_number}-{side}", Role.ADMIN) for side in "ab"]
        requests = [
            {
                "method": "PUT",
                "url": f"/api/users/{victim.id}",
                "json": {"role": "user"},
                "headers": actor.headers,
            }
            for actor, victim in (pair, reversed(pair))
        ]
        answers = statuses(server, *requests)
        # The second is too late: refused as the last one, or no administrator any more.
        assert answers[200] == 1
        assert answers[409] + answers[403] == 1
        for person in pair:
            server.change_user(person.id, role=Role.USER)


def test_admins_who_leave_together_leave_one(server: Server) -> None:
    admins = [server.join(f"admin-{number}", Role.ADMIN) for number in range(4)]
    requests = [
        {"method": "DELETE", "url": f"/api/users/{admin.id}", "headers": admin.headers}
        for admin in admins
    ]
    assert statuses(server, *requests) == {204: 3, 409: 1}


def test_64_writers_all_succeed(server: Server) -> None:
    people = [server.join(f"writer-{number}") for number in range(8)]
    requests = [
        {
            "method": "PUT",
            "url": f"/api/users/{person.id}",
            "json": {"first_name": f"Name {number}"},
            "headers": person.headers,
        }
        for number, person in enumerate(people * 8)
    ]
    assert statuses(server, *requests) == {200: 64}
