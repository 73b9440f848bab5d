"""Exercise 4.2: an owner changes the title of a link."""

from tests.course.visitor import UNKNOWN_ID, Visitor

BODY = {"title": "Another"}


def test_the_owner_may(writer: Visitor) -> None:
    saved = writer.save()
    path = f"/links/{saved['id']}"
    assert writer.request("PATCH", path, json=BODY, expect=200).json() == saved | BODY
    assert writer.get(path, expect=200).json() == saved | BODY


def test_others_may_not(visitor: Visitor) -> None:
    saved = visitor.sign_up().save()
    path = f"/links/{saved['id']}"
    visitor.sign_up().request("PATCH", path, json=BODY, expect=403)
    visitor.request("PATCH", path, json=BODY, expect=401)
    assert visitor.get(path, expect=200).json() == saved


def test_a_title_keeps_the_rules(writer: Visitor) -> None:
    path = f"/links/{writer.save()['id']}"
    writer.request("PATCH", path, json={"title": " "}, expect=422)


def test_what_is_not_there_is_404(writer: Visitor) -> None:
    writer.request("PATCH", f"/links/{UNKNOWN_ID}", json=BODY, expect=404)
