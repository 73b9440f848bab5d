"""Exercise 3.2: a user logs in with the e-mail address, too."""

from tests.course.visitor import Visitor


def test_the_address_does_as_well_as_the_name(visitor: Visitor) -> None:
    user = visitor.register()
    for name in (user["email"], user["username"], user["email"].upper()):
        visitor.log_in(name, user["password"]).save()


def test_the_password_has_to_fit_all_the_same(visitor: Visitor) -> None:
    user = visitor.register()
    form = {"username": user["email"], "password": "wrong password"}
    visitor.post("/auth/token", data=form, expect=401)
