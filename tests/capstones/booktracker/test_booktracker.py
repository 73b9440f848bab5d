"""BookTracker: a catalogue that administrators keep, and a shelf for each reader."""

from datetime import UTC, datetime, timedelta
from itertools import count
from random import randrange
from typing import Any
from uuid import uuid4

import jwt
import pytest

from tests.capstones.guest import UNKNOWN_ID, Guest, every, new_account
from tests.capstones.shared import check_no_password, check_refusal, expired_token
from tests.course.target import Target
from tests.course.visitor import Json

NUMBERS = count(randrange(10**8))


def new_book(**changes: Any) -> Json:
    """Return a book that is not in the catalogue yet, with a valid ISBN."""
    digits = f"978{next(NUMBERS) % 10**9:09}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    book = {
        "title": f"Book {uuid4().hex}",
        "author": f"Author {uuid4().hex}",
        "isbn": f"{digits}{-total % 10}",
        "genre": "Fiction",
        "publication_year": 1949,
    }
    return book | changes


def add_book(admin: Guest, **changes: Any) -> Json:
    """Put a new book into the catalogue."""
    return admin.make("/books", new_book(), changes, "2.1")


def place(guest: Guest, book: Json, **changes: Any) -> str:
    """Put a book on somebody's shelf; return the path of the entry."""
    path = f"/my-library/{book['id']}"
    guest.post(path, expect=201, item="3.1")
    if changes:
        guest.patch(path, json=changes, expect=200)
    return path


def shelf(guest: Guest) -> dict[int, Json]:
    """Return somebody's shelf, by the numbers of the books."""
    return {entry["book_id"]: entry for entry in every(guest, "/my-library")}


@pytest.fixture
def reader(visitor: Guest) -> Guest:
    """Return somebody with an empty shelf."""
    return visitor.join()


@pytest.fixture
def book(admin: Guest) -> Json:
    """Return a book of the catalogue."""
    return add_book(admin)


@pytest.mark.roadmap("1.1")
class TestRegister:
    def test_opens_an_account(self, visitor: Guest) -> None:
        account = new_account()
        answer = visitor.post("/auth/register", json=account, expect=201)
        shown = answer.json()
        assert (shown["username"], shown["email"]) == (account["username"], account["email"])
        check_no_password(answer)

    @pytest.mark.parametrize("field", ["username", "email"])
    def test_refuses_what_is_taken(self, visitor: Guest, field: str) -> None:
        taken = visitor.register()
        again = new_account(**{field: taken[field]})
        visitor.post("/auth/register", json=again, expect=409)

    @pytest.mark.parametrize("change", [{"email": "nobody"}, {"password": "pass7ch"}], ids=str)
    def test_refuses_what_is_no_account(self, visitor: Guest, change: Json) -> None:
        visitor.post("/auth/register", json=new_account(**change), expect=422)


@pytest.mark.roadmap("1.2")
class TestToken:
    def test_answers_with_a_bearer_token(self, visitor: Guest) -> None:
        account = visitor.register()
        answer = visitor.try_log_in(account["username"], account["password"], 200).json()
        assert answer["token_type"].lower() == "bearer"
        assert answer["access_token"].count(".") == 2, "this is no JWT"

    def test_refuses_wrong_name_and_wrong_password_alike(self, visitor: Guest) -> None:
        account = visitor.register()
        wrong = visitor.try_log_in(account["username"], "wrong password", 401)
        unknown = visitor.try_log_in("nobody-at-all", account["password"], 401)
        assert wrong.json() == unknown.json()


@pytest.mark.roadmap("1.3")
class TestCurrentUser:
    def test_shows_an_empty_shelf_to_somebody_new(self, reader: Guest) -> None:
        assert reader.get("/my-library", expect=200).json() == []

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        check_refusal(visitor.get("/my-library", expect=401))

    def test_refuses_what_is_no_token(self, visitor: Guest) -> None:
        check_refusal(visitor.with_token("nonsense").get("/my-library", expect=401))


@pytest.mark.roadmap("2.1")
class TestAddingBooks:
    def test_adds_a_book(self, admin: Guest) -> None:
        book = new_book()
        saved = admin.make("/books", book, {}, "2.1")
        assert {field: saved.get(field) for field in book} == book
        assert isinstance(saved["id"], int)

    def test_does_without_genre_and_year(self, admin: Guest) -> None:
        book = new_book()
        del book["genre"], book["publication_year"]
        saved = admin.make("/books", book, {}, "2.1")
        assert (saved["genre"], saved["publication_year"]) == (None, None)

    def test_has_an_isbn_once(self, admin: Guest, book: Json) -> None:
        admin.post("/books", json=new_book(isbn=book["isbn"]), expect=409)


@pytest.mark.roadmap("2.2")
class TestAdminsOnly:
    def test_asks_for_a_token(self, visitor: Guest) -> None:
        check_refusal(visitor.post("/books", json=new_book(), expect=401))

    def test_refuses_users(self, reader: Guest) -> None:
        book = new_book()
        check_refusal(reader.post("/books", json=book, expect=403))
        titles = [found["title"] for found in every(reader, "/books")]
        assert book["title"] not in titles, "403, but the book is in the catalogue"

    def test_nobody_signs_up_as_administrator(self, visitor: Guest) -> None:
        wishes = {"is_admin": True, "admin": True, "role": "admin", "is_superuser": True}
        visitor.join(**wishes).post("/books", json=new_book(), expect=403)


@pytest.mark.roadmap("2.3")
class TestCatalogue:
    def test_everybody_reads_it_in_order(self, visitor: Guest, admin: Guest) -> None:
        added = [add_book(admin)["id"] for _ in range(3)]
        listed = [book["id"] for book in every(visitor, "/books")]
        assert [number for number in listed if number in added] == added

    def test_shows_ten_when_nobody_says_how_many(self, visitor: Guest, admin: Guest) -> None:
        for _ in range(12):
            add_book(admin)
        assert len(visitor.get("/books", expect=200).json()) == 10

    def test_comes_in_pages(self, visitor: Guest, admin: Guest) -> None:
        for _ in range(5):
            add_book(admin)
        page = visitor.get("/books", params={"skip": 1, "limit": 3}, expect=200).json()
        assert page == every(visitor, "/books")[1:4]

    @pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"skip": -1}], ids=str)
    def test_refuses_impossible_pages(self, visitor: Guest, params: Json) -> None:
        visitor.get("/books", params=params, expect=422)


@pytest.mark.roadmap("2.4")
class TestFilters:
    def test_finds_a_genre_in_any_case(self, visitor: Guest, admin: Guest) -> None:
        genre = f"Genre {uuid4().hex}"
        wanted = add_book(admin, genre=genre)
        add_book(admin, genre=f"{genre} too")
        assert every(visitor, "/books", genre=genre.upper()) == [wanted]

    def test_finds_a_part_of_the_author(self, visitor: Guest, admin: Guest) -> None:
        name = f"Orwell{uuid4().hex}"
        wanted = add_book(admin, author=f"George {name} Blair")
        add_book(admin)
        assert every(visitor, "/books", author=name.lower()) == [wanted]

    def test_wants_all_filters_met(self, visitor: Guest, admin: Guest) -> None:
        author = f"Author {uuid4().hex}"
        wanted = add_book(admin, author=author, genre="Essay")
        add_book(admin, author=author)
        assert every(visitor, "/books", author=author, genre="essay") == [wanted]

    def test_filters_before_it_cuts_the_page(self, visitor: Guest, admin: Guest) -> None:
        author = f"Author {uuid4().hex}"
        add_book(admin)
        wanted = add_book(admin, author=author)
        params = {"author": author, "limit": 1}
        assert visitor.get("/books", params=params, expect=200).json() == [wanted]


@pytest.mark.roadmap("2.5")
class TestChangingBooks:
    def test_replaces_a_book(self, admin: Guest, book: Json) -> None:
        new = {"title": "Another", "author": "Somebody", "isbn": book["isbn"]}
        replaced = admin.put(f"/books/{book['id']}", json=new, expect=200).json()
        assert {field: replaced[field] for field in new} == new
        assert (replaced["id"], replaced["genre"]) == (book["id"], None)

    def test_keeps_what_was_replaced(self, visitor: Guest, admin: Guest, book: Json) -> None:
        new = new_book(author=f"Author {uuid4().hex}")
        admin.put(f"/books/{book['id']}", json=new, expect=200)
        (found,) = every(visitor, "/books", author=new["author"]) or [{}]
        assert found.get("title") == new["title"], "the catalogue does not show the change"

    def test_deletes_a_book(self, admin: Guest, book: Json) -> None:
        admin.delete(f"/books/{book['id']}", expect=204)
        assert book["id"] not in [found["id"] for found in every(admin, "/books")]

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_knows_what_is_not_there(self, admin: Guest, method: str) -> None:
        answer = call(admin, method, UNKNOWN_ID)
        assert answer == 404

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_is_for_administrators(
        self, visitor: Guest, reader: Guest, book: Json, method: str
    ) -> None:
        statuses = [call(guest, method, book["id"]) for guest in (visitor, reader)]
        assert statuses == [401, 403]
        assert book in every(visitor, "/books"), "refused, but the book is not as it was"


def call(guest: Guest, method: str, book_id: int) -> int:
    """Change a book and return the status."""
    options: Json = {"json": new_book()} if method == "PUT" else {}
    return guest.request(method, f"/books/{book_id}", **options).status_code


@pytest.mark.roadmap("3.1")
class TestAddingToTheShelf:
    def test_a_book_begins_as_a_wish(self, reader: Guest, book: Json) -> None:
        entry = reader.post(f"/my-library/{book['id']}", expect=201).json()
        assert (entry["book_id"], entry["status"]) == (book["id"], "Wishlist")
        assert (entry["rating"], entry["review_text"]) == (None, None)
        assert datetime.fromisoformat(entry["date_added"])

    def test_a_book_begins_as_it_is_told(self, reader: Guest, book: Json) -> None:
        body = {"status": "Reading"}
        entry = reader.post(f"/my-library/{book['id']}", json=body, expect=201).json()
        assert entry["status"] == "Reading"

    def test_a_book_stands_there_once(self, reader: Guest, book: Json) -> None:
        path = place(reader, book)
        check_refusal(reader.post(path, expect=409))

    def test_knows_what_is_not_in_the_catalogue(self, reader: Guest) -> None:
        check_refusal(reader.post(f"/my-library/{UNKNOWN_ID}", expect=404))

    def test_asks_for_a_token(self, visitor: Guest, book: Json) -> None:
        visitor.post(f"/my-library/{book['id']}", expect=401)


@pytest.mark.roadmap("3.2")
class TestOwnShelf:
    def test_shows_what_was_added(self, reader: Guest, admin: Guest) -> None:
        books = [add_book(admin) for _ in range(2)]
        for added in books:
            place(reader, added)
        assert shelf(reader).keys() == {added["id"] for added in books}

    def test_shows_nothing_of_others(self, visitor: Guest, reader: Guest, book: Json) -> None:
        place(reader, book)
        assert shelf(visitor.join()) == {}


@pytest.mark.roadmap("3.3")
class TestMovingBooks:
    @pytest.mark.parametrize("status", ["Reading", "Completed", "Wishlist"])
    def test_moves_a_book(self, reader: Guest, book: Json, status: str) -> None:
        path = place(reader, book)
        moved = reader.patch(path, json={"status": status}, expect=200).json()
        assert (moved["book_id"], moved["status"]) == (book["id"], status)
        assert shelf(reader)[book["id"]]["status"] == status

    @pytest.mark.parametrize("status", ["Lost", "reading", "", 1])
    def test_refuses_other_words(self, reader: Guest, book: Json, status: object) -> None:
        reader.patch(place(reader, book), json={"status": status}, expect=422)

    def test_knows_what_is_not_on_the_shelf(self, reader: Guest, book: Json) -> None:
        body = {"status": "Reading"}
        check_refusal(reader.patch(f"/my-library/{book['id']}", json=body, expect=404))


@pytest.mark.roadmap("3.4")
class TestReviews:
    def test_rates_and_reviews_what_has_been_read(self, reader: Guest, book: Json) -> None:
        path = place(reader, book, status="Completed")
        review = {"rating": 5, "review_text": "Chilling."}
        entry = reader.patch(path, json=review, expect=200).json()
        assert {field: entry[field] for field in review} == review
        stored = shelf(reader)[book["id"]]
        assert (stored["rating"], stored["status"]) == (5, "Completed")

    @pytest.mark.parametrize("rating", [1, 5])
    def test_takes_the_worst_and_the_best(self, reader: Guest, book: Json, rating: int) -> None:
        body = {"status": "Completed", "rating": rating}
        assert reader.patch(place(reader, book), json=body, expect=200).json()["rating"] == rating

    @pytest.mark.parametrize("rating", [0, 6, 2.5, "good"])
    def test_refuses_other_ratings(self, reader: Guest, book: Json, rating: object) -> None:
        path = place(reader, book, status="Completed")
        reader.patch(path, json={"rating": rating}, expect=422)

    @pytest.mark.parametrize("review", [{"rating": 4}, {"review_text": "Dull."}], ids=str)
    def test_wants_it_read_first(self, reader: Guest, book: Json, review: Json) -> None:
        check_refusal(reader.patch(place(reader, book), json=review, expect=409))
        assert shelf(reader)[book["id"]]["rating"] is None, "409, but the rating is stored"

    def test_leaves_a_review_alone_that_is_not_sent(self, reader: Guest, book: Json) -> None:
        path = place(reader, book, status="Completed", review_text="Chilling.")
        entry = reader.patch(path, json={"rating": 3}, expect=200).json()
        assert (entry["rating"], entry["review_text"]) == (3, "Chilling.")


@pytest.mark.roadmap("3.5")
class TestRemoving:
    def test_takes_a_book_off(self, reader: Guest, book: Json) -> None:
        reader.delete(place(reader, book), expect=204)
        assert book["id"] not in shelf(reader)
        assert book in every(reader, "/books"), "the book is gone from the catalogue too"

    def test_takes_it_off_once(self, reader: Guest, book: Json) -> None:
        path = place(reader, book)
        reader.delete(path, expect=204)
        check_refusal(reader.delete(path, expect=404))


@pytest.mark.roadmap("4.1")
class TestOthers:
    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_cannot_reach_what_they_do_not_have(
        self, visitor: Guest, reader: Guest, book: Json, method: str
    ) -> None:
        path = place(reader, book)
        body: Json = {"json": {"status": "Reading"}} if method == "PATCH" else {}
        visitor.join().request(method, path, expect=404, **body)
        assert shelf(reader)[book["id"]]["status"] == "Wishlist"

    def test_change_their_own_entry(self, visitor: Guest, reader: Guest, book: Json) -> None:
        path, other = place(reader, book), visitor.join()
        place(other, book, status="Completed", rating=2)
        assert shelf(reader)[book["id"]]["rating"] is None
        other.delete(path, expect=204)
        assert book["id"] in shelf(reader)


@pytest.mark.roadmap("4.2")
class TestCascade:
    def test_a_deleted_book_is_on_no_shelf(
        self, visitor: Guest, admin: Guest, reader: Guest, book: Json
    ) -> None:
        readers = [reader, visitor.join()]
        for guest in readers:
            place(guest, book)
        admin.delete(f"/books/{book['id']}", expect=204)
        assert [shelf(guest) for guest in readers] == [{}, {}]

    def test_the_other_books_stay(self, admin: Guest, reader: Guest, book: Json) -> None:
        other = add_book(admin)
        place(reader, book)
        place(reader, other)
        admin.delete(f"/books/{book['id']}", expect=204)
        assert shelf(reader).keys() == {other["id"]}


@pytest.mark.roadmap("4.3")
class TestRefusals:
    @pytest.mark.parametrize(
        ("field", "value"),
        [("title", ""), ("title", "   "), ("author", None), ("publication_year", "soon")],
    )
    def test_names_the_field(self, admin: Guest, field: str, value: object) -> None:
        answer = admin.post("/books", json=new_book(**{field: value}), expect=422).json()
        assert field in [mistake["loc"][-1] for mistake in answer["detail"]]

    def test_wants_every_field(self, admin: Guest) -> None:
        admin.post("/books", json={"title": "A title alone"}, expect=422)


@pytest.mark.roadmap("4.4")
class TestExpiry:
    def test_a_token_is_good_for_half_an_hour(self, reader: Guest) -> None:
        claims = jwt.decode(reader.token or "", options={"verify_signature": False})
        lifetime = datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC)
        assert timedelta(minutes=25) < lifetime < timedelta(minutes=31)

    def test_an_expired_token_opens_nothing(self, target: Target, reader: Guest) -> None:
        token = expired_token(target, reader, "/my-library")
        reader.with_token(token).get("/my-library", expect=401)
