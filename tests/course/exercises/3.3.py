"""Exercise 3.3: users change their passwords."""

from tests.course.visitor import Json, Visitor

NEW = "battery staple"


def change(user: Json, **fields: str) -> Json:
    return {"current_password": user["password"], "new_password": NEW} | fields


def test_the_new_password_logs_in_and_the_old_one_does_not(visitor: Visitor) -> None:
    user = visitor.register()
    logged_in = visitor.log_in(user["username"], user["password"])
    logged_in.post("/auth/password", json=change(user), expect=204)
    visitor.log_in(user["username"], NEW)
    old = {"username": user["username"], "password": user["password"]}
    visitor.post("/auth/token", data=old, expect=401)


def test_whoever_does_not_know_the_current_one_is_refused(visitor: Visitor) -> None:
    user = visitor.register()
    logged_in = visitor.log_in(user["username"], user["password"])
    wrong = change(user, current_password="not this one")
    logged_in.post("/auth/password", json=wrong, expect=403)
    visitor.log_in(user["username"], user["password"])


def test_a_new_password_keeps_the_rules(visitor: Visitor) -> None:
    user = visitor.register()
    logged_in = visitor.log_in(user["username"], user["password"])
    logged_in.post("/auth/password", json=change(user, new_password="short"), expect=422)


def test_nobody_has_no_password(visitor: Visitor) -> None:
    visitor.post("/auth/password", json=change(visitor.register()), expect=401)
