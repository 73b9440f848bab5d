"""Exercise 4.3: users leave, and their links with them."""

from tests.course.visitor import Visitor, new_link


def test_the_account_goes_with_its_links(visitor: Visitor) -> None:
    leaver, other = visitor.sign_up(), visitor.sign_up()
    gone, kept = leaver.save(), other.save()
    leaver.delete("/users/me", expect=204)
    visitor.get(f"/links/{gone['id']}", expect=404)
    visitor.get(f"/links/{kept['id']}", expect=200)


def test_the_token_goes_with_the_account(visitor: Visitor) -> None:
    leaver = visitor.sign_up()
    leaver.delete("/users/me", expect=204)
    leaver.post("/links", json=new_link(), expect=401)


def test_the_name_is_free_again(visitor: Visitor) -> None:
    user = visitor.register()
    visitor.log_in(user["username"], user["password"]).delete("/users/me", expect=204)
    visitor.register(username=user["username"], email=user["email"])


def test_nobody_cannot_leave(visitor: Visitor) -> None:
    visitor.delete("/users/me", expect=401)
