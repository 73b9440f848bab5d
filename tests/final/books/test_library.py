"""The personal library: what its reader can do, and what makes no sense."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.models import UserBook
from final.books.schemas import LibraryAdd, LibraryUpdate
from final.users.models import Role
from tests.support.books import BOOKS, ORWELL, add_books
from tests.support.server import Person, Server

OPINIONS = [{"rating": 5}, {"review_text": "Good."}, {"rating": 1, "review_text": "Bad."}]


@pytest.fixture(autouse=True)
def books(server: Server) -> list[int]:
    """Fill the catalogue."""
    return add_books(server, *BOOKS)


def add(server: Server, who: Person, book_id: int = 1, /, **body: Any) -> Any:
    """Put a book on somebody's shelf; return the status and the body."""
    response = server.call("POST", f"/my-library/{book_id}", who, json=body)
    return response.status_code, response.json()


def patch(server: Server, who: Person, book_id: int = 1, /, **changes: Any) -> Any:
    """Change a book on somebody's shelf; return the status and the body."""
    response = server.call("PATCH", f"/my-library/{book_id}", who, json=changes)
    return response.status_code, response.json()


class TestAdding:
    def test_needs_no_body(self, server: Server, ada: Person) -> None:
        response = server.call("POST", "/my-library/1", ada)
        assert response.status_code == 201
        entry = response.json()
        assert entry["book"].items() >= ORWELL.items()
        assert entry["book_id"] == entry["book"]["id"] == 1
        assert (entry["status"], entry["progress"], entry["rating"]) == ("Wishlist", 0, None)
        assert server.get("/my-library", ada).json() == [entry]

    def test_takes_everything_at_once(self, server: Server, ada: Person) -> None:
        body = {"status": "Completed", "rating": 4, "review_text": "Fine.\nReally."}
        status, entry = add(server, ada, **body)
        assert status == 201
        assert entry.items() >= (body | {"progress": 100}).items()

    @pytest.mark.parametrize("book_id", ["0", "-1", "99", "2147483648", "9" * 30, "x"])
    def test_needs_a_book(self, server: Server, ada: Person, book_id: str) -> None:
        for method in ("POST", "PATCH", "DELETE"):
            response = server.call(method, f"/my-library/{book_id}", ada, json={})
            assert response.status_code in (404, 422)

    def test_says_that_there_is_no_such_book(self, server: Server, ada: Person) -> None:
        assert add(server, ada, 99) == (404, {"detail": "Book not found"})

    def test_works_once(self, server: Server, ada: Person) -> None:
        add(server, ada, status="Reading")
        detail = "This book is already in your library"
        assert add(server, ada) == (409, {"detail": detail})
        assert server.get("/my-library", ada).json()[0]["status"] == "Reading"

    @pytest.mark.stores("sqlite")
    @pytest.mark.parametrize("opinion", OPINIONS, ids=str)
    @pytest.mark.parametrize("status", [{}, {"status": "Wishlist"}, {"status": "Reading"}])
    def test_takes_no_opinion_on_an_unread_book(
        self, server: Server, ada: Person, opinion: dict[str, Any], status: dict[str, str]
    ) -> None:
        detail = "Only a completed book can be rated or reviewed"
        assert add(server, ada, **status, **opinion) == (409, {"detail": detail})
        assert server.get("/my-library", ada).json() == []


class TestListing:
    @pytest.fixture(autouse=True)
    def shelf(self, server: Server, ada: Person) -> None:
        """Fill the shelf."""
        for book_id, status in ((2, "Reading"), (1, "Completed"), (4, "Reading")):
            add(server, ada, book_id, status=status)

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("", [4, 1, 2]),
            ("status=Reading", [4, 2]),
            ("status=Wishlist", []),
            ("skip=1&limit=1", [1]),
            ("status=Reading&skip=1", [2]),
            ("skip=2147483647", []),
        ],
    )
    def test_shows_the_newest_first(
        self, server: Server, ada: Person, query: str, ids: list[int]
    ) -> None:
        entries = server.get(f"/my-library?{query}", ada).json()
        assert [entry["book"]["id"] for entry in entries] == ids

    def test_is_counted_and_linked(self, server: Server, ada: Person) -> None:
        response = server.get("/my-library/?status=Reading&limit=1", ada)
        assert response.headers["X-Total-Count"] == "2"
        assert response.links["next"]["url"] == "/my-library?status=Reading&skip=1&limit=1"

    @pytest.mark.parametrize("query", ["status=reading", "status=", "skip=-1", "limit=101"])
    def test_refuses_what_makes_no_sense(self, server: Server, ada: Person, query: str) -> None:
        assert server.get(f"/my-library?{query}", ada).status_code == 422


class TestChanging:
    def test_changes_what_is_sent_and_nothing_else(self, server: Server, ada: Person) -> None:
        _, before = add(server, ada)
        status, after = patch(server, ada, status="Reading", progress=30)
        assert status == 200
        assert after.pop("updated_at") > before.pop("updated_at")
        assert after == before | {"status": "Reading", "progress": 30}

    def test_nothing_sent_is_nothing_changed(self, server: Server, ada: Person) -> None:
        _, entry = add(server, ada)
        assert patch(server, ada) == (200, entry)

    @pytest.mark.parametrize(("sent", "progress"), [({}, 100), ({"progress": 95}, 95)], ids=str)
    def test_completing_completes_the_progress(
        self, server: Server, ada: Person, sent: dict[str, int], progress: int
    ) -> None:
        add(server, ada, status="Reading", progress=30)
        assert patch(server, ada, status="Completed", **sent)[1]["progress"] == progress
        assert patch(server, ada, progress=96)[1]["progress"] == 96
        assert patch(server, ada, status="Completed")[1]["progress"] == 96

    @pytest.mark.parametrize("opinion", OPINIONS, ids=str)
    def test_an_opinion_needs_a_completed_book(
        self, server: Server, ada: Person, opinion: dict[str, Any]
    ) -> None:
        _, entry = add(server, ada, status="Reading")
        assert patch(server, ada, **opinion)[0] == 409
        assert patch(server, ada, status="Wishlist", **opinion)[0] == 409
        assert server.get("/my-library", ada).json() == [entry]
        assert patch(server, ada, status="Completed", **opinion)[0] == 200
        assert patch(server, ada, status="Reading", **opinion)[0] == 409
        assert patch(server, ada, **opinion)[1].items() >= opinion.items()

    def test_an_opinion_outlives_a_second_reading(self, server: Server, ada: Person) -> None:
        add(server, ada, status="Completed", rating=5, review_text="Good.")
        status, entry = patch(server, ada, status="Reading", progress=0)
        assert (status, entry["rating"], entry["review_text"]) == (200, 5, "Good.")
        assert patch(server, ada, rating=4)[0] == 409

    @pytest.mark.parametrize("status", ["Reading", "Completed"])
    def test_an_opinion_can_be_taken_back(self, server: Server, ada: Person, status: str) -> None:
        add(server, ada, status="Completed", rating=5, review_text="Good.")
        code, entry = patch(server, ada, status=status, rating=None, review_text=None)
        assert (code, entry["rating"], entry["review_text"]) == (200, None, None)

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "completed"},
            {"status": "Lost"},
            {"status": None},
            {"rating": 0},
            {"rating": 6},
            {"rating": 4.5},
            {"rating": 10**30},
            {"rating": "five"},
            {"review_text": ""},
            {"review_text": " \n "},
            {"review_text": "\u200b"},
            {"review_text": "a\0b"},
            {"review_text": "a\x1b[31m"},
            {"review_text": "x" * 2001},
            {"review_text": 5},
            {"progress": -1},
            {"progress": 101},
            {"progress": 0.5},
            {"progress": None},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("schema", [LibraryAdd, LibraryUpdate])
    def test_what_makes_no_sense_is_refused(
        self, schema: type[BaseModel], changes: dict[str, Any]
    ) -> None:
        with pytest.raises(ValidationError):
            schema.model_validate({"status": "Completed"} | changes)

    @pytest.mark.stores("sqlite")
    def test_every_way_of_writing_asks_the_schema(self, server: Server, ada: Person) -> None:
        changes = {"rating": 6}
        assert add(server, ada, 2, **({"status": "Completed"} | changes))[0] == 422
        _, entry = add(server, ada, status="Completed")
        assert patch(server, ada, **changes)[0] == 422
        assert server.get("/my-library", ada).json() == [entry]

    @pytest.mark.parametrize("body", ['{"rating": NaN}', '{"review_text": "\\ud800"}', "[]", "x"])
    def test_what_is_no_json_is_refused(self, server: Server, ada: Person, body: str) -> None:
        add(server, ada, status="Completed")
        headers = {"Content-Type": "application/json"}
        for path in ("/my-library/1", "/my-library/2"):
            method = "PATCH" if path.endswith("1") else "POST"
            response = server.call(method, path, ada, content=body, headers=headers)
            assert response.status_code == 422

    def test_a_review_may_have_lines(self, server: Server, ada: Person) -> None:
        text = "Über alles:\r\n\tgood. \U0001f4da" + "x" * 1970
        add(server, ada, status="Completed")
        assert patch(server, ada, review_text=f"  {text}\n")[1]["review_text"] == text

    def test_what_is_not_on_the_shelf_is_not_found(self, server: Server, ada: Person) -> None:
        detail = "This book is not in your library"
        for book_id in (1, 99):
            assert patch(server, ada, book_id, progress=1) == (404, {"detail": detail})


class TestRemoving:
    def test_forgets_the_opinion(self, server: Server, ada: Person) -> None:
        add(server, ada, status="Completed", rating=5)
        assert server.call("DELETE", "/my-library/1", ada).status_code == 204
        assert server.call("DELETE", "/my-library/1", ada).status_code == 404
        assert add(server, ada)[1]["rating"] is None

    def test_leaves_the_catalogue_alone(self, server: Server, ada: Person) -> None:
        add(server, ada)
        server.call("DELETE", "/my-library/1", ada)
        assert server.get("/books/1").status_code == 200

    def test_a_deleted_book_leaves_every_shelf(self, server: Server, ada: Person) -> None:
        bob, root = server.join("bob"), server.join("root", Role.ADMIN)
        for reader in (ada, bob):
            add(server, reader, 1, status="Completed", rating=5, review_text="Good.")
            add(server, reader, 2)
        assert server.call("DELETE", "/books/1", root).status_code == 204
        for reader in (ada, bob):
            entries = server.get("/my-library", reader).json()
            assert [entry["book"]["id"] for entry in entries] == [2]
        assert server.in_session(count_places) == 2


async def count_places(session: AsyncSession) -> int:
    """Count what is left of all shelves in the database."""
    return (await session.exec(select(func.count()).select_from(UserBook))).one()
