"""Many at the same moment want, follow and leave the same links."""

import time
from collections import Counter
from typing import Any

import pytest

from tests.support.links import URL, clicks, follow, save, shorten
from tests.support.server import Person, Server

pytestmark = pytest.mark.workers


def request(method: str, path: str, who: Person | None = None, **json: Any) -> dict[str, Any]:
    """Describe a request."""
    body = {"json": json} if json else {}
    return {"method": method, "url": path, "headers": who.headers if who else {}} | body


def people(server: Server, number: int) -> list[Person]:
    """Sign up so many users."""
    return [server.join(f"user-{index}") for index in range(number)]


def clicks_in_the_end(server: Server, who: Person, expected: list[int]) -> list[int]:
    """List the clicks on somebody's links, when all workers have had time to tell of theirs."""
    deadline = time.monotonic() + 20
    while (found := clicks(server, who)) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def statuses(server: Server, *requests: dict[str, Any]) -> Counter[int]:
    """Count the answers to simultaneous requests."""
    return Counter(response.status_code for response in server.at_once(*requests))


def test_of_30_who_want_an_alias_one_gets_it(server: Server) -> None:
    spellings = ["Alias", "ALIAS", "alias"] * 10
    requests = [
        request("POST", "/shorten/", who, alias=alias, title="x", original_url=f"{URL}/{who.id}")
        for who, alias in zip(people(server, 30), spellings, strict=True)
    ]
    assert statuses(server, *requests) == {201: 1, 409: 29}
    assert len(server.get("/links").json()) == 1


def test_20_who_shorten_a_url_first_share_one_link(server: Server) -> None:
    users = people(server, 20)
    requests = [request("POST", "/shorten/", u, title="x", original_url=URL) for u in users]
    answers = server.at_once(*requests)
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [len(server.get("/links", user).json()) for user in users] == [1] * 20


def test_one_user_shortens_a_url_once(server: Server) -> None:
    ada = server.join("ada")
    requests = [
        request("POST", "/shorten/", ada, title="x", original_url=URL, **alias)
        for alias in [{}, *({"alias": f"alias-{number}"} for number in range(9))]
    ]
    assert statuses(server, *requests) == {201: 1, 409: 9}
    assert len(server.get("/links").json()) == 1


def test_50_clicks_are_50(server: Server) -> None:
    ada = server.join("ada")
    shorten(server, ada, alias="fifty")
    answers = server.at_once(*[request("GET", "/fifty")] * 50)
    assert {answer.status_code for answer in answers} == {302}
    assert clicks_in_the_end(server, ada, [50]) == [50]


def test_of_50_clicks_on_a_link_for_20_no_more_than_20_count(server: Server) -> None:
    ada = server.join("ada")
    shorten(server, ada, alias="twenty", max_clicks=20)
    assert statuses(server, *[request("GET", "/twenty")] * 50) == {302: 20, 410: 30}
    assert clicks_in_the_end(server, ada, [20]) == [20]


def test_no_click_is_lost_while_others_are_written(server: Server) -> None:
    ada = server.join("ada")
    for number in range(5):
        save(server, ada, title=str(number))
    keys = [link["short_code"] for link in server.get("/links", ada).json()]
    look = request("GET", "/links", ada)
    requests = [step for key in keys * 20 for step in (request("GET", f"/{key}"), look)]
    assert statuses(server, *requests) == {302: 100, 200: 100}
    assert clicks_in_the_end(server, ada, [20] * 5) == [20] * 5


def test_those_who_come_and_those_who_go_leave_nothing_broken(server: Server) -> None:
    users = people(server, 10)
    for _ in range(3):
        shorten(server, users[0])
        coming = [request("POST", "/shorten/", u, title="x", original_url=URL) for u in users[1:]]
        leaving = request("DELETE", f"/by_url/?url={URL}", users[0])
        assert statuses(server, leaving, *coming) == {200: 1, 201: 9}
        (key,) = {server.get("/links", user).json()[0]["short_code"] for user in users[1:]}
        assert follow(server, key).status_code == 302
        gone = [request("DELETE", f"/by_url/?url={URL}", user) for user in users[1:]]
        assert statuses(server, *gone) == {200: 9}
        assert server.get("/links").json() == []


def test_64_who_save_at_once_all_succeed(server: Server) -> None:
    users = people(server, 8)
    requests = [request("POST", "/links", user, title="x", url=URL) for user in users * 8]
    assert statuses(server, *requests) == {201: 64}
