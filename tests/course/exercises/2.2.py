"""Exercise 2.2: a link counts how often it was shown."""

from tests.course.visitor import Start, Visitor


def test_counts_each_time_that_it_is_shown(writer: Visitor) -> None:
    path = f"/links/{writer.save()['id']}"
    views = [writer.get(path, expect=200).json().get("views") for _ in range(3)]
    assert views == [1, 2, 3]


def test_counts_each_link_for_itself(writer: Visitor) -> None:
    one, other = writer.save()["id"], writer.save()["id"]
    writer.get(f"/links/{one}", expect=200)
    assert writer.get(f"/links/{other}", expect=200).json().get("views") == 1


def test_does_not_forget(start: Start) -> None:
    with start() as visitor:
        path = f"/links/{visitor.as_writer().save()['id']}"
        visitor.get(path, expect=200)
    with start() as visitor:
        assert visitor.get(path, expect=200).json().get("views") == 2
