"""One's own tags: counted, renamed, merged, taken off."""

from typing import Any

import pytest

from tests.support.links import save
from tests.support.server import Person, Server


def tag(server: Server, who: Person, *tags: str) -> int:
    """Save a link with tags; return its number."""
    link_id: int = save(server, who)["id"]
    server.call("PATCH", f"/links/{link_id}", who, json={"tags": tags})
    return link_id


def counted(server: Server, who: Person) -> dict[str, int]:
    """Return somebody's tags and how many links bear each."""
    answer = server.get("/links/tags", who)
    assert answer.headers["X-Total-Count"] == str(len(answer.json()))
    return {found["name"]: found["count"] for found in answer.json()}


def rename(server: Server, who: Person, name: str, wanted: Any) -> Any:
    """Ask for another name."""
    return server.call("PATCH", f"/links/tags/{name}", who, json={"name": wanted})


def test_they_are_counted_by_name_and_only_ones_own(
    server: Server, ada: Person, bob: Person
) -> None:
    tag(server, ada, "web", "Python")
    tag(server, ada, "python")
    tag(server, bob, "secret")
    assert list(counted(server, ada).values()) == [2, 1]
    assert [name.lower() for name in counted(server, ada)] == ["python", "web"]


def test_they_come_in_pages(server: Server, ada: Person) -> None:
    tag(server, ada, "a", "b", "c")
    page = server.get("/links/tags?skip=1&limit=1", ada)
    assert page.json() == [{"name": "b", "count": 1}]
    assert 'rel="next"' in page.headers["Link"]


def test_a_new_name_is_on_every_link(server: Server, ada: Person, bob: Person) -> None:
    link_id = tag(server, ada, "pyhton")
    tag(server, bob, "pyhton")
    assert rename(server, ada, "PYHTON", "python").json() == {"name": "python", "count": 1}
    assert server.get(f"/links/{link_id}", ada).json()["tags"] == ["python"]
    assert counted(server, bob) == {"pyhton": 1}


def test_a_name_that_is_there_already_merges(server: Server, ada: Person) -> None:
    both, one = tag(server, ada, "js", "JavaScript"), tag(server, ada, "js")
    assert rename(server, ada, "js", "javascript").json() == {"name": "javascript", "count": 2}
    for link_id in (both, one):
        assert server.get(f"/links/{link_id}", ada).json()["tags"] == ["javascript"]


def test_a_name_may_change_its_case_or_have_a_slash(server: Server, ada: Person) -> None:
    tag(server, ada, "web")
    assert rename(server, ada, "web", "Web").json()["name"] == "Web"
    assert rename(server, ada, "Web", "C/C++ & co").json()["name"] == "C/C++ & co"
    assert server.call("DELETE", "/links/tags/C%2FC++%20%26%20co", ada).status_code == 204


def test_one_is_taken_off_and_its_links_stay(server: Server, ada: Person) -> None:
    link_id = tag(server, ada, "old", "kept")
    assert server.call("DELETE", "/links/tags/Old", ada).status_code == 204
    assert server.get(f"/links/{link_id}", ada).json()["tags"] == ["kept"]


def test_what_others_have_is_not_there(server: Server, ada: Person, bob: Person) -> None:
    tag(server, bob, "secret")
    assert rename(server, ada, "secret", "x").status_code == 404
    assert server.call("DELETE", "/links/tags/secret", ada).status_code == 404


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize("name", ["", " ", "a,b", "x" * 51, None, "a\nb"])
def test_refuses_a_name_that_is_none(server: Server, ada: Person, name: Any) -> None:
    tag(server, ada, "web")
    assert rename(server, ada, "web", name).status_code == 422


@pytest.mark.workers
def test_renames_that_meet_in_one_name_all_succeed(server: Server, ada: Person) -> None:
    for _ in range(3):
        tag(server, ada, "a", "b", "c", "d")
    requests = [
        {"method": "PATCH", "url": f"/links/tags/{name}", "headers": ada.headers}
        | {"json": {"name": "z"}}
        for name in "abcd"
    ]
    assert [answer.status_code for answer in server.at_once(*requests)] == [200] * 4
    assert counted(server, ada) == {"z": 3}
