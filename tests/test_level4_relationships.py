"""Level 4: every link belongs to a user, who alone may delete it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.course.visitor import UNKNOWN_ID, Visitor, new_user


@pytest.mark.roadmap("4.1")
class TestRelationship:
    def test_a_user_has_many_links(self, writer: Visitor) -> None:
        owners = {writer.save().get("user_id") for _ in range(3)}
        assert len(owners) == 1
        assert None not in owners

    def test_links_of_two_users_have_two_owners(self, visitor: Visitor) -> None:
        owners = [visitor.sign_up().save().get("user_id") for _ in range(2)]
        assert owners[0] != owners[1]

    def test_the_database_knows_the_foreign_key(self, writer: Visitor, database_file: Path) -> None:
        writer.save()
        assert any("user" in table for table in referenced_tables(database_file))


@pytest.mark.roadmap("4.2")
class TestOwnership:
    def test_a_link_belongs_to_whom_the_token_names(self, visitor: Visitor) -> None:
        user = new_user()
        user_id = visitor.post("/auth/register", json=user, expect=201).json()["id"]
        saved = visitor.log_in(user["username"], user["password"]).save()
        assert saved.get("user_id") == user_id

    def test_an_owner_in_the_body_has_no_effect(self, visitor: Visitor) -> None:
        victim, writer = visitor.sign_up().save(), visitor.sign_up()
        saved = writer.save(user_id=victim.get("user_id"))
        assert saved.get("user_id") not in (None, victim.get("user_id"))

    def test_shows_the_owner_to_everyone(self, visitor: Visitor) -> None:
        saved = visitor.sign_up().save()
        shown = visitor.get(f"/links/{saved['id']}", expect=200).json()
        assert shown.get("user_id") is not None
        assert shown["user_id"] == saved["user_id"]


@pytest.mark.roadmap("4.3")
class TestDeleteLink:
    def test_deletes_a_link_of_ones_own(self, writer: Visitor) -> None:
        link_id = writer.save()["id"]
        assert writer.delete(f"/links/{link_id}", expect=204).content == b""
        writer.get(f"/links/{link_id}", expect=404)
        assert link_id not in [link["id"] for link in writer.all_links()]

    def test_never_gives_the_id_of_a_deleted_link_to_another(self, writer: Visitor) -> None:
        gone = writer.save()["id"]
        writer.delete(f"/links/{gone}", expect=204)
        assert writer.save()["id"] > gone

    def test_leaves_the_other_links_alone(self, writer: Visitor) -> None:
        gone, kept = writer.save(), writer.save()
        writer.delete(f"/links/{gone['id']}", expect=204)
        writer.get(f"/links/{kept['id']}", expect=200)

    def test_refuses_to_delete_somebody_elses_link(self, visitor: Visitor) -> None:
        link_id = visitor.sign_up().save()["id"]
        visitor.sign_up().delete(f"/links/{link_id}", expect=403)
        visitor.get(f"/links/{link_id}", expect=200)

    def test_refuses_to_delete_for_nobody(self, visitor: Visitor) -> None:
        link_id = visitor.sign_up().save()["id"]
        answer = visitor.delete(f"/links/{link_id}", expect=401)
        assert answer.headers["www-authenticate"] == "Bearer"
        visitor.get(f"/links/{link_id}", expect=200)

    def test_answers_404_the_second_time(self, writer: Visitor) -> None:
        link_id = writer.save()["id"]
        writer.delete(f"/links/{link_id}", expect=204)
        writer.delete(f"/links/{link_id}", expect=404)

    def test_answers_404_for_a_link_that_never_was(self, writer: Visitor) -> None:
        writer.delete(f"/links/{UNKNOWN_ID}", expect=404)

    @pytest.mark.parametrize("link_id", ["0", "-1", "x", "%00", 2**31, 2**63, 10**30])
    def test_refuses_an_id_that_cannot_be(self, writer: Visitor, link_id: object) -> None:
        writer.delete(f"/links/{link_id}", expect=(404, 422))


def referenced_tables(database: Path) -> set[str]:
    """Return the names of all tables that a foreign key of another table points at."""
    query = """
        SELECT foreign_key."table" FROM sqlite_master AS source
        JOIN pragma_foreign_key_list(source.name) AS foreign_key WHERE source.type = 'table'
    """
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute(query)}
