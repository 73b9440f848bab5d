"""What readers think in public: means, reviews, and whose opinion counts."""

from typing import Any

import pytest

from tests.support.books import ORWELL, add_books
from tests.support.server import Person, Server


@pytest.fixture(autouse=True)
def book(server: Server) -> int:
    """Put one book into the catalogue."""
    return add_books(server, ORWELL)[0]


def finish(server: Server, name: str, **opinion: Any) -> Person:
    """Let somebody sign up, read the book and say something about it."""
    reader = server.join(name)
    body = {"status": "Completed"} | opinion
    assert server.call("POST", "/my-library/1", reader, json=body).status_code == 201
    return reader


def verdict(server: Server) -> tuple[float | None, int]:
    """Return the mean and the number of ratings."""
    shown = server.get("/books/1").json()
    return shown["average_rating"], shown["ratings_count"]


def reviewers(server: Server, query: str = "") -> list[str | None]:
    """Return who has written a review."""
    return [review["username"] for review in server.get(f"/books/1/reviews{query}").json()]


def test_a_mean_has_two_decimals(server: Server) -> None:
    for name, rating in (("ada", 5), ("bob", 4), ("cyd", 4)):
        finish(server, name, rating=rating)
    assert verdict(server) == (4.33, 3)


def test_only_ratings_count(server: Server) -> None:
    finish(server, "ada", review_text="No number fits.")
    finish(server, "bob")
    assert verdict(server) == (None, 0)
    finish(server, "cyd", rating=2)
    assert verdict(server) == (2, 1)


def test_a_review_shows_what_is_public_of_it(server: Server) -> None:
    finish(server, "ada", rating=5, review_text="Good.")
    (review,) = server.get("/books/1/reviews").json()
    assert review.pop("date").endswith("Z")
    assert review == {"username": "ada", "rating": 5, "review_text": "Good."}


def test_a_rating_alone_names_nobody(server: Server) -> None:
    finish(server, "ada", rating=5)
    assert reviewers(server) == []
    assert verdict(server) == (5, 1)


def test_the_newest_comes_first_and_a_change_is_new(server: Server) -> None:
    readers = {name: finish(server, name, review_text="Good.") for name in ("ada", "bob", "cyd")}
    assert reviewers(server) == ["cyd", "bob", "ada"]
    for changes in ({"progress": 99}, {"review_text": "Good."}):
        server.call("PATCH", "/my-library/1", readers["ada"], json=changes)
        assert reviewers(server) == ["cyd", "bob", "ada"]
    server.call("PATCH", "/my-library/1", readers["ada"], json={"rating": 4})
    assert reviewers(server) == ["ada", "cyd", "bob"]


def test_reviews_come_in_pages(server: Server) -> None:
    for name in ("ada", "bob", "cyd"):
        finish(server, name, review_text="Good.")
    response = server.get("/books/1/reviews?limit=2")
    assert response.headers["X-Total-Count"] == "3"
    assert [review["username"] for review in response.json()] == ["cyd", "bob"]
    assert reviewers(server, "?skip=2&limit=2") == ["ada"]


def test_reviews_belong_to_their_book(server: Server) -> None:
    add_books(server, ORWELL | {"isbn": "9780451526342"})
    finish(server, "ada", rating=5, review_text="Good.")
    assert server.get("/books/2/reviews").json() == []
    assert server.get("/books/2").json()["ratings_count"] == 0
    assert server.get("/books/3/reviews").json() == {"detail": "Book not found"}


def test_an_opinion_counts_while_the_book_is_completed(server: Server) -> None:
    ada = finish(server, "ada", rating=5, review_text="Good.")
    for status, names, mean in (("Reading", [], (None, 0)), ("Completed", ["ada"], (5, 1))):
        server.call("PATCH", "/my-library/1", ada, json={"status": status})
        assert (reviewers(server), verdict(server)) == (names, mean)


def test_an_opinion_goes_with_the_book_on_the_shelf(server: Server) -> None:
    ada = finish(server, "ada", rating=5, review_text="Good.")
    server.call("DELETE", "/my-library/1", ada)
    assert (reviewers(server), verdict(server)) == ([], (None, 0))


def test_a_deactivated_account_leaves_its_review_without_a_name(server: Server) -> None:
    ada = finish(server, "ada", rating=5, review_text="Good.")
    server.change_user(ada.id, is_active=False)
    assert (reviewers(server), verdict(server)) == ([None], (5, 1))
    assert "ada" not in server.get("/books/1/reviews").text
    server.change_user(ada.id, is_active=True)
    assert reviewers(server) == ["ada"]


def test_nothing_private_is_shown(server: Server) -> None:
    finish(server, "ada", rating=5, review_text="Good.")
    for path in ("/books", "/books/1", "/books/1/reviews"):
        text = server.get(path).text
        assert not [word for word in ("@", "user_id", "progress", "status") if word in text], path
