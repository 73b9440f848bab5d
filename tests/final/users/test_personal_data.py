"""All that is stored of a person, to take along and to have deleted."""

from typing import Any

import pytest
from sqlalchemy import func, insert, inspect, select, text
from sqlmodel import SQLModel

from final.links.models import Link, UserLink
from final.posts.finding.search import ENTRIES
from tests.support.books import ORWELL, add_books
from tests.support.links import follow, save, shorten
from tests.support.posts import POSTS, titles, upload, write
from tests.support.server import PASSWORD, Person, Server


def live(server: Server, ada: Person) -> None:
    """Let somebody leave traces everywhere."""
    save(server, ada, title="Diary", is_private=True)
    server.call("POST", "/api/auth/tokens", ada, json={"name": "Backup"})
    (book_id,) = add_books(server, ORWELL)
    review = {"status": "Completed", "rating": 5, "review_text": "Chilling"}
    server.call("POST", f"/my-library/{book_id}", ada, json=review)
    post = write(server, ada, "Published")
    upload(server, ada, post["id"])
    draft = write(server, ada, "A draft", published=False)

    async def index(session: Any) -> None:
        await session.exec(insert(ENTRIES).values(rowid=draft["id"], words="a draft"))

    server.in_session(index)  # as if it had been published, and its withdrawal come to nobody


def purge(server: Server, who: Person, user_id: int) -> int:
    """Delete an account for good; return the status."""
    return server.call("DELETE", f"/api/users/{user_id}?purge=true", who).status_code


def stored(server: Server) -> str:
    """Return every row of every table, those of the search indexes too.

    What SQLite's own tables of an index hold, and its free pages, goes when they are used again.
    """

    async def read(session: Any) -> str:
        names = await session.run_sync(lambda it: inspect(it.connection()).get_table_names())
        tables = [name for name in names if not name.endswith(("_data", "_idx"))]
        assert {"post_index", *SQLModel.metadata.tables} <= set(tables)
        return str([(await session.exec(text(f'SELECT * FROM "{it}"'))).all() for it in tables])

    return server.in_session(read)


class TestExport:
    def test_has_everything_but_what_opens_something(self, server: Server, ada: Person) -> None:
        live(server, ada)
        answer = server.get(f"/api/users/{ada.id}/export", ada)
        data = answer.json()
        assert {name: len(records) for name, records in data.items()} == {
            "user": 1,
            "auth_session": 1,
            "access_token": 1,
            "mail_token": 0,
            "links": 1,
            "link_check": 0,
            "books": 1,
            "posts": 2,
        }
        assert (data["links"][0]["title"], data["books"][0]["rating"]) == ("Diary", 5)
        assert "attachment" in answer.headers["Content-Disposition"]
        assert "hash" not in answer.text

    def test_has_every_field_of_a_link(self, server: Server, ada: Person) -> None:
        save(server, ada)
        (link,) = server.get(f"/api/users/{ada.id}/export", ada).json()["links"]
        fields = Link.model_fields.keys() | UserLink.model_fields.keys()
        ways_to_find_it = {"url_hash", "short_code", "alias", "is_shared", "is_public"}
        assert fields - link.keys() - ways_to_find_it == {"user_id", "link_id", "search_text"}

    def test_covers_every_table_that_knows_people(self) -> None:
        known = {"auth_session", "access_token", "mail_token", "link", "user_link", "link_check"}
        known |= {"user_book"}
        referring = {
            table.name
            for table in SQLModel.metadata.sorted_tables
            for key in table.foreign_keys
            if key.column.table.name == "user"
        }
        assert referring == known | {"post"}

    def test_comes_in_pieces_and_is_whole(
        self, server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("final.users.personal_data.service.BATCH", 2)
        for number in range(5):
            save(server, ada, title=f"Link {number}")
        data = server.get(f"/api/users/{ada.id}/export", ada).json()
        assert [link["title"] for link in data["links"]] == [f"Link {n}" for n in range(5)]


class TestPurge:
    def test_leaves_nothing_personal(self, server: Server, ada: Person) -> None:
        live(server, ada)
        assert purge(server, ada, ada.id) == 204
        assert server.get("/users/me", ada).status_code == 401
        rows = stored(server)
        entries: Any = select(func.count()).select_from(ENTRIES)
        assert server.in_session(lambda session: session.scalar(entries)) == 1
        assert not [word for word in ("ada", "Diary", "Chilling", "draft") if word in rows]
        assert server.register("ada").status_code == 201

    def test_the_text_of_posts_stays_under_another_name(self, server: Server, ada: Person) -> None:
        live(server, ada)
        purge(server, ada, ada.id)
        assert titles(server) == ["Published"]
        (post,) = server.get(POSTS).json()["items"]
        assert (post["author"]["username"], post["image_url"]) == ("deleted user", None)

    def test_links_that_others_have_stay(self, server: Server, ada: Person, bob: Person) -> None:
        shared, own = shorten(server, ada).json(), save(server, ada)
        shorten(server, bob)
        purge(server, ada, ada.id)
        assert server.get(f"/links/{shared['id']}").json()["user_id"] is None
        statuses = [follow(server, link["short_code"]).status_code for link in (shared, own)]
        assert statuses == [302, 404]

    def test_a_link_that_nobody_shows_any_more_is_hidden(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        link = shorten(server, ada).json()
        shorten(server, bob)
        server.call("PATCH", f"/links/{link['id']}", bob, json={"is_private": True})
        purge(server, ada, ada.id)
        assert server.get(f"/links/{link['id']}").status_code == 404
        assert server.get(f"/links/{link['id']}", bob).status_code == 200

    def test_is_for_oneself_and_administrators(
        self, server: Server, ada: Person, bob: Person, root: Person
    ) -> None:
        assert purge(server, bob, ada.id) == 403
        assert purge(server, root, ada.id) == 204
        assert purge(server, root, ada.id) == 404

    def test_a_deactivated_account_can_be_purged(
        self, server: Server, ada: Person, root: Person
    ) -> None:
        server.call("DELETE", f"/api/users/{ada.id}", ada)
        assert purge(server, root, ada.id) == 204

    def test_the_last_administrator_stays(self, server: Server, root: Person) -> None:
        assert purge(server, root, root.id) == 409

    def test_nobody_becomes_the_deleted_user(
        self, server: Server, ada: Person, root: Person
    ) -> None:
        purge(server, ada, ada.id)
        assert server.log_in("deleted user", PASSWORD).status_code == 401
        (heir,) = server.get("/api/users/?search=deleted&is_active=false", root).json()
        assert purge(server, root, heir["id"]) == 404
        assert purge(server, root, server.join("eve").id) == 204
