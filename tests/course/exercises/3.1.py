"""Exercise 3.1: users see their own account."""

from tests.course.visitor import Visitor


def test_shows_whose_token_it_is(visitor: Visitor) -> None:
    user = visitor.register()
    logged_in = visitor.log_in(user["username"], user["password"])
    shown = logged_in.get("/users/me", expect=200).json()
    assert (shown["username"], shown["email"]) == (user["username"], user["email"])
    assert not [field for field in shown if "password" in field]


def test_shows_nobody_nothing(visitor: Visitor) -> None:
    visitor.get("/users/me", expect=401)
