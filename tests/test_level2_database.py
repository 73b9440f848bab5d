"""Level 2: the links move into a database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.course.target import read_database
from tests.course.visitor import UNKNOWN_ID, Start, Visitor, new_link


@pytest.mark.roadmap("2.1")
class TestDatabaseSetup:
    def test_keeps_its_data_where_database_url_says(
        self, writer: Visitor, database_file: Path
    ) -> None:
        title = writer.save()["title"]
        found = title.encode() in read_database(database_file)
        assert found, "the saved link is not in the file that DATABASE_URL names"


@pytest.mark.roadmap("2.2")
class TestLinkTable:
    def test_gives_every_link_an_id_of_its_own(self, writer: Visitor) -> None:
        ids = [writer.save().get("id") for _ in range(3)]
        assert all(isinstance(link_id, int) for link_id in ids), f"not integers: {ids}"
        assert len(set(ids)) == 3, f"ids repeat: {ids}"

    def test_notes_when_a_link_was_saved(self, writer: Visitor) -> None:
        saved = writer.save()
        assert "created_at" in saved
        created_at = datetime.fromisoformat(saved["created_at"])
        assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=5)

    def test_gives_the_time_in_utc(self, writer: Visitor) -> None:
        created_at = writer.save().get("created_at", "nothing")
        assert created_at.endswith(("Z", "+00:00")), f"no UTC offset in {created_at}"

    def test_ignores_an_id_in_the_body(self, writer: Visitor) -> None:
        first = writer.save()
        second = writer.save(id=first.get("id"), created_at="2001-01-01T00:00:00Z")
        assert second.get("id") != first.get("id"), "the id in the body was taken over"
        assert not second["created_at"].startswith("2001")


@pytest.mark.roadmap("2.3")
class TestSession:
    def test_serves_many_at_once(self, writer: Visitor) -> None:
        with ThreadPoolExecutor(20) as pool:
            saved = list(pool.map(lambda _: writer.save(), range(40)))
        assert len({link.get("id") for link in saved}) == 40, "ids repeat"
        listed = writer.all_links()
        assert all(link in listed for link in saved)

    def test_goes_on_after_a_request_that_failed(self, writer: Visitor) -> None:
        first = writer.save()
        writer.post("/links", json=new_link(url="nonsense"), expect=422)
        assert writer.save().get("id", 0) > first.get("id", 0)


@pytest.mark.roadmap("2.4")
class TestLinksInTheDatabase:
    def test_links_outlive_the_process(self, start: Start) -> None:
        with start() as visitor:
            saved = visitor.as_writer().save(description="to keep")
        with start() as visitor:
            titles = [link["title"] for link in visitor.all_links()]
        assert saved["title"] in titles, "the link is gone after a restart"

    def test_ids_go_on_after_a_restart(self, start: Start) -> None:
        with start() as visitor:
            before = visitor.as_writer().save()
        with start() as visitor:
            after = visitor.as_writer().save()
        assert after.get("id", 0) > before.get("id", 0)


@pytest.mark.roadmap("2.5")
class TestGetLink:
    def test_shows_a_link(self, writer: Visitor) -> None:
        saved = writer.save(description="to read")
        shown = writer.get(f"/links/{saved.get('id')}", expect=200).json()
        assert shown == saved

    def test_answers_404_for_a_link_that_is_not_there(self, visitor: Visitor) -> None:
        answer = visitor.get(f"/links/{UNKNOWN_ID}", expect=404)
        assert answer.json()["detail"]

    @pytest.mark.parametrize(
        "link_id", ["0", "-1", "x", "1.5", "%00", "None", 2**31, 2**63, 2**64, 10**30, "9" * 5000]
    )
    def test_refuses_an_id_that_cannot_be(self, visitor: Visitor, link_id: object) -> None:
        visitor.get(f"/links/{link_id}", expect=(404, 422))

    def test_shows_a_link_whose_address_grew_by_escaping(self, writer: Visitor) -> None:
        saved = writer.save(url="https://example.com/" + "€" * 500)
        writer.get(f"/links/{saved.get('id')}", expect=200)
