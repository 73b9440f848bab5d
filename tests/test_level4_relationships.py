"""Level 4: every link belongs to a user, who alone may delete it."""

from pathlib import Path

import pytest

from tests.course import database
from tests.course.visitor import CREATED, UNKNOWN_ID, Visitor, new_user

DELETED = (200, 204)


@pytest.mark.roadmap("4.1")
class TestRelationship:
    def test_a_user_has_many_links(self, writer: Visitor) -> None:
        owners = {writer.save().get("user_id") for _ in range(3)}
        assert None not in owners, "the answer to POST /links has no user_id"
        assert len(owners) == 1, f"the links of one user have several owners: {owners}"

    def test_links_of_two_users_have_two_owners(self, visitor: Visitor) -> None:
        owners = [visitor.sign_up().save().get("user_id") for _ in range(2)]
        assert owners[0] != owners[1], f"the links of two users have the same user_id: {owners[0]}"

    def test_the_database_knows_the_foreign_key(self, writer: Visitor, database_file: Path) -> None:
        writer.save()
        tables = database.referenced_tables(database_file)
        assert any("user" in table.lower() for table in tables), "no foreign key to the users"


@pytest.mark.roadmap("4.1")
@pytest.mark.hardening
class TestRelationshipHardened:
    def test_the_database_keeps_to_the_foreign_key(
        self, writer: Visitor, database_file: Path
    ) -> None:
        title = writer.save()["title"]
        with database.foreign_keys_watched(database_file, value=title) as were_on:
            assert writer.save().get("user_id")
            on = were_on()
        assert on, "SQLite ignores foreign keys until each connection says PRAGMA foreign_keys = ON"


@pytest.mark.roadmap("4.2")
class TestOwnership:
    def test_a_link_belongs_to_whom_the_token_names(self, visitor: Visitor) -> None:
        user = new_user()
        user_id = visitor.post("/auth/register", json=user, expect=CREATED).json()["id"]
        saved = visitor.log_in(user["username"], user["password"]).save()
        assert saved.get("user_id") == user_id, f"user_id is not {user_id}: {saved}"

    def test_an_owner_in_the_body_has_no_effect(self, visitor: Visitor) -> None:
        victim, writer = visitor.sign_up().save(), visitor.sign_up()
        saved = writer.save(user_id=victim.get("user_id"))
        forged = saved.get("user_id") in (None, victim.get("user_id"))
        assert not forged, "the link got its owner from the body"

    def test_shows_the_owner_to_everyone(self, visitor: Visitor) -> None:
        saved = visitor.sign_up().save()
        shown = visitor.get(f"/links/{saved['id']}", expect=200).json()
        assert shown.get("user_id") is not None, "the answer to GET /links/{link_id} has no user_id"
        assert shown["user_id"] == saved["user_id"]


@pytest.mark.roadmap("4.3")
class TestDeleteLink:
    def test_deletes_a_link_of_ones_own(self, writer: Visitor) -> None:
        link_id = writer.save()["id"]
        writer.delete(f"/links/{link_id}", expect=DELETED)
        writer.get(f"/links/{link_id}", expect=404)
        assert link_id not in [link["id"] for link in writer.all_links()]

    def test_leaves_the_other_links_alone(self, writer: Visitor) -> None:
        gone, kept = writer.save(), writer.save()
        writer.delete(f"/links/{gone['id']}", expect=DELETED)
        writer.get(f"/links/{kept['id']}", expect=200)

    def test_refuses_to_delete_somebody_elses_link(self, visitor: Visitor) -> None:
        link_id = visitor.sign_up().save()["id"]
        visitor.sign_up().delete(f"/links/{link_id}", expect=403)
        visitor.get(f"/links/{link_id}", expect=200)

    def test_refuses_to_delete_for_nobody(self, visitor: Visitor) -> None:
        link_id = visitor.sign_up().save()["id"]
        visitor.delete(f"/links/{link_id}", expect=401)
        visitor.get(f"/links/{link_id}", expect=200)

    def test_answers_404_the_second_time(self, writer: Visitor) -> None:
        link_id = writer.save()["id"]
        writer.delete(f"/links/{link_id}", expect=DELETED)
        writer.delete(f"/links/{link_id}", expect=404)

    def test_answers_404_for_a_link_that_never_was(self, writer: Visitor) -> None:
        writer.delete(f"/links/{UNKNOWN_ID}", expect=404)


@pytest.mark.roadmap("4.3")
@pytest.mark.hardening
class TestDeleteLinkHardened:
    def test_answers_204_without_a_body(self, writer: Visitor) -> None:
        link_id = writer.save()["id"]
        assert writer.delete(f"/links/{link_id}", expect=204).content == b""

    def test_says_to_nobody_how_to_come_in(self, writer: Visitor, visitor: Visitor) -> None:
        answer = visitor.delete(f"/links/{writer.save()['id']}", expect=401)
        assert answer.headers.get("www-authenticate") == "Bearer", "no WWW-Authenticate header"

    def test_never_gives_the_id_of_a_deleted_link_to_another(self, writer: Visitor) -> None:
        gone = writer.save()["id"]
        writer.delete(f"/links/{gone}", expect=DELETED)
        again = writer.save()["id"] == gone
        assert not again, f"the id {gone} of a deleted link was given to the next one"

    def test_leaves_the_user_alone(self, visitor: Visitor) -> None:
        user = visitor.register()
        writer = visitor.log_in(user["username"], user["password"])
        writer.delete(f"/links/{writer.save()['id']}", expect=DELETED)
        visitor.log_in(user["username"], user["password"]).save()

    @pytest.mark.parametrize("link_id", ["0", "-1", "x", "%00", 2**31, 2**63, 10**30])
    def test_refuses_an_id_that_cannot_be(self, writer: Visitor, link_id: object) -> None:
        writer.delete(f"/links/{link_id}", expect=(404, 422))
