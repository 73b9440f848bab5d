"""Whatever people do with their links, no list, count or look shows what is private to another."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import delete

from final.links.models import Link
from tests.support.links import follow, save, shorten
from tests.support.server import Person, Server

# Eve has nothing herself and only looks.
NAMES = ["ada", "bob", "eve"]
WHO, NUMBER, IS_PRIVATE = st.sampled_from(NAMES[:2]), st.integers(0, 2), st.booleans()
ACT = st.one_of(
    st.tuples(st.just("save"), WHO, NUMBER, IS_PRIVATE),
    st.tuples(st.just("shorten"), WHO, st.just(0), IS_PRIVATE),
    st.tuples(st.just("change"), WHO, NUMBER, IS_PRIVATE),
    st.tuples(st.just("remove"), WHO, NUMBER, IS_PRIVATE),
)
# Most that can go wrong begins with a link that two have.
SHARED = [("shorten", "ada", 0, False), ("shorten", "bob", 0, False)]
ACTS = st.builds(lambda acts: SHARED + acts, st.lists(ACT, min_size=1, max_size=6))


class World:
    """The app, and what it should know: who has which link, and whether privately."""

    def __init__(self, server: Server, people: dict[str, Person]) -> None:
        """Begin without links."""
        self.server, self.people = server, people
        self.links: dict[int, dict[str, Any]] = {}
        self.entries: dict[int, dict[str, bool]] = {}

    def visible(self, viewer: str | None = None) -> set[int]:
        """Return the links that everyone may know of, and the viewer's own."""
        return {
            link_id
            for link_id, entries in self.entries.items()
            if viewer in entries or not all(entries.values())
        }

    def act(self, what: str, who: str, number: int, is_private: bool) -> None:
        """Let somebody do something."""
        person, url = self.people[who], f"https://example.com/{number}"
        wishes: dict[str, Any] = {"title": f"word of {who}", "is_private": is_private}
        if what == "save":
            self.add(who, save(self.server, person, url=url, **wishes), is_private)
        elif what == "shorten":
            answer = shorten(self.server, person, url, **wishes)
            if answer.status_code == 201:
                link = answer.json()
                assert link["id"] not in self.entries.keys() - self.visible()
                self.add(who, link, is_private)
        elif own := [link_id for link_id, entries in self.entries.items() if who in entries]:
            self.alter(what, who, own[number % len(own)], is_private)

    def add(self, who: str, link: dict[str, Any], is_private: bool) -> None:
        """Note that somebody has a link."""
        self.links[link["id"]] = link
        self.entries.setdefault(link["id"], {})[who] = is_private

    def alter(self, what: str, who: str, link_id: int, is_private: bool) -> None:
        """Hide, show or remove a link of somebody's list."""
        if what == "change":
            body = {"is_private": is_private, "tags": [who]}
            self.server.call("PATCH", f"/links/{link_id}", self.people[who], json=body)
            self.entries[link_id][who] = is_private
            return
        self.server.call("DELETE", f"/links/{link_id}", self.people[who])
        del self.entries[link_id][who]
        if not self.entries[link_id]:
            del self.entries[link_id]

    def shown(self, query: str, viewer: str | None) -> set[int]:
        """Return what a list shows; it has to say itself how much that is."""
        answer = self.server.get(f"/links?limit=100&{query}", self.people.get(viewer or ""))
        for link in answer.json():
            self.check_words(link, viewer)
        assert answer.headers["X-Total-Count"] == str(len(answer.json()))
        return {link["id"] for link in answer.json()}

    def walk(self, query: str, viewer: str | None) -> set[int]:
        """Return what a list shows page by page."""
        person, url, found = self.people.get(viewer or ""), f"/links?limit=2&{query}", set[int]()
        while url:
            answer = self.server.get(url, person)
            found |= {link["id"] for link in answer.json()}
            url = answer.links.get("next", {}).get("url", "")
        return found

    def check_words(self, link: dict[str, Any], viewer: str | None) -> None:
        """Make sure that an answer names, and quotes, nobody else who keeps the link privately."""
        names = {person.id: name for name, person in self.people.items()}
        owners = [names[link["user_id"]]] if link["user_id"] is not None else []
        for name in [*owners, *(name for name in NAMES if f"word of {name}" in str(link))]:
            assert name == viewer or self.entries[link["id"]][name] is False

    def check(self, viewer: str | None) -> None:
        """Compare all that a viewer can see with what they may."""
        mine = {link_id for link_id, entries in self.entries.items() if viewer in entries}
        assert self.shown("view=public", viewer) == self.visible()
        assert self.shown("view=public&search=example.com", viewer) == self.visible()
        assert self.walk("view=public", viewer) == self.visible()
        for name in NAMES[:2]:
            told = {i for i, entries in self.entries.items() if entries.get(name) is False}
            assert self.shown(f"view=public&search=word+of+{name}", viewer) <= told
            assert self.shown(f"view=public&tag={name}", viewer) <= told
        if viewer:
            self.check_own(viewer, self.people[viewer], mine)
        for link_id in self.entries:
            self.check_link(link_id, viewer, link_id in mine)

    def check_own(self, viewer: str, person: Person, mine: set[int]) -> None:
        """Compare all that is somebody's own with what is."""
        assert self.shown("", viewer) == self.walk("", viewer) == mine
        assert self.shown("broken=false", viewer) | self.shown("broken=true", viewer) <= mine
        exported = self.server.get("/links/export", person).text
        assert exported.count("<A HREF") == len(mine)
        stored = self.server.get(f"/api/users/{person.id}/export", person).json()["links"]
        assert {link["id"] for link in stored} == mine
        for tag in self.server.get("/links/tags", person).json():
            assert tag["name"] == viewer
            assert tag["count"] == len(self.shown(f"tag={viewer}", viewer))

    def check_link(self, link_id: int, viewer: str | None, is_mine: bool) -> None:
        """Look at one link in every way."""
        person = self.people.get(viewer or "")
        key = self.links[link_id]["short_url"].rpartition("/")[2]
        found = 200 if link_id in self.visible(viewer) else 404
        answer = self.server.get(f"/links/{link_id}", person)
        assert answer.status_code == found
        if found == 200:
            self.check_words(answer.json(), viewer)
        page = self.server.get(f"/{key}+", person, headers={"Accept": "text/html"})
        assert page.status_code == self.server.get(f"/{key}+", person).status_code == found
        self.check_words({"id": link_id, "user_id": None, "page": page.text}, viewer)
        assert follow(self.server, key).status_code == 302
        if person:
            stats = self.server.get(f"/links/{key}/stats", person)
            assert stats.status_code == (200 if is_mine else 404)
            if found == 404:
                assert self.server.get(f"/links/qrcode/?key={key}", person).status_code == 404
                assert self.server.call("DELETE", f"/by_key/?key={key}", person).status_code == 404


@pytest.fixture
def people(server: Server) -> dict[str, Person]:
    """Sign everybody up."""
    return {name: server.join(name) for name in NAMES}


@contextmanager
def new_world(server: Server, people: dict[str, Person]) -> Iterator[World]:
    """Lend a world that ends with its links."""
    yield World(server, people)

    async def empty(session: Any) -> None:
        await session.exec(delete(Link))

    server.in_session(empty)


@given(acts=ACTS)
@settings(
    max_examples=16,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nobody_sees_what_another_keeps(
    server: Server, people: dict[str, Person], acts: list[tuple[str, str, int, bool]]
) -> None:
    with new_world(server, people) as world:
        for act in acts:
            world.act(*act)
        for viewer in (None, *NAMES):
            world.check(viewer)
