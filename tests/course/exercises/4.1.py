"""Exercise 4.1: everybody sees the links of a user."""

from tests.course.visitor import Visitor


def test_shows_the_links_of_one_user_and_no_others(visitor: Visitor) -> None:
    user = visitor.register()
    writer = visitor.log_in(user["username"], user["password"])
    saved = [writer.save(), writer.save()]
    visitor.sign_up().save()
    assert visitor.get(f"/users/{user['username']}/links", expect=200).json() == saved


def test_a_user_without_links_has_an_empty_list(visitor: Visitor) -> None:
    user = visitor.register()
    assert visitor.get(f"/users/{user['username']}/links", expect=200).json() == []


def test_a_name_that_nobody_has_is_404(visitor: Visitor) -> None:
    visitor.get(f"/users/{visitor.register()['username']}x/links", expect=404)
