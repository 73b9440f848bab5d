"""Level 2: the links move into a database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.course.target import read_database
from tests.course.visitor import CREATED, UNKNOWN_ID, Start, Visitor, new_link


@pytest.mark.roadmap("2.1")
class TestDatabaseSetup:
    def test_keeps_its_data_where_database_url_says(
        self, writer: Visitor, database_file: Path
    ) -> None:
        title = writer.save()["title"]
        found = title.encode() in read_database(database_file)
        assert found, "the saved link is not in the file that DATABASE_URL names"


def created_at(link: dict[str, object]) -> datetime:
    """Return when a link was saved, by its own word; a time without an offset counts as UTC."""
    assert "created_at" in link, f"no created_at in {link}"
    moment = datetime.fromisoformat(str(link["created_at"]))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@pytest.mark.roadmap("2.2")
class TestLinkTable:
    def test_gives_every_link_an_id_of_its_own(self, writer: Visitor) -> None:
        ids = [writer.save().get("id") for _ in range(3)]
        assert all(isinstance(link_id, int) for link_id in ids), f"not integers: {ids}"
        assert len(set(ids)) == 3, f"ids repeat: {ids}"

    def test_notes_when_a_link_was_saved(self, writer: Visitor) -> None:
        away = abs(datetime.now(UTC) - created_at(writer.save()))
        # A time without an offset may be that of any place on earth.
        assert away < timedelta(hours=15), "created_at is not about now"

    def test_notes_another_moment_for_each_link(self, writer: Visitor) -> None:
        moments = [created_at(writer.save()) for _ in range(3)]
        in_seconds = not any(moment.microsecond for moment in moments)
        assert in_seconds or len(set(moments)) == 3, (
            f"links saved one after another have the same created_at: {moments[0]}.\n"
            "Was it computed once, when the app started? Use default_factory."
        )


@pytest.mark.roadmap("2.2")
@pytest.mark.hardening
class TestLinkTableHardened:
    def test_gives_the_time_in_utc(self, writer: Visitor) -> None:
        moment = str(writer.save().get("created_at"))
        assert moment.endswith(("Z", "+00:00")), f"no UTC offset in {moment}"
        assert abs(datetime.now(UTC) - datetime.fromisoformat(moment)) < timedelta(minutes=5)

    def test_ignores_an_id_in_the_body(self, writer: Visitor) -> None:
        first = writer.save()
        second = writer.save(id=first.get("id"), created_at="2001-01-01T00:00:00Z")
        assert second.get("id") != first.get("id"), "the id in the body was taken over"
        assert created_at(second).year != 2001, "the created_at in the body was taken over"


@pytest.mark.roadmap("2.3")
class TestSession:
    def test_serves_many_at_once(self, writer: Visitor) -> None:
        with ThreadPoolExecutor(20) as pool:
            saved = list(pool.map(lambda _: writer.save(), range(20)))
        assert len({link.get("id") for link in saved}) == 20, "ids repeat"
        listed = {link["title"] for link in writer.all_links()}
        assert {link["title"] for link in saved} <= listed

    def test_goes_on_after_a_request_that_failed(self, writer: Visitor) -> None:
        first = writer.save()
        writer.post("/links", json=new_link(url="nonsense"), expect=422)
        assert writer.save().get("id") not in (None, first.get("id"))


@pytest.mark.roadmap("2.4")
class TestLinksInTheDatabase:
    def test_links_outlive_the_process(self, start: Start) -> None:
        with start() as visitor:
            saved = visitor.as_writer().save(description="to keep")
        with start() as visitor:
            titles = [link["title"] for link in visitor.all_links()]
        assert saved["title"] in titles, "the link is gone after a restart"


@pytest.mark.roadmap("2.4")
@pytest.mark.hardening
class TestLinksInTheDatabaseHardened:
    def test_ids_go_on_after_a_restart(self, start: Start) -> None:
        with start() as visitor:
            before = visitor.as_writer().save()
        with start() as visitor:
            after = visitor.as_writer().save()
        assert after.get("id", 0) > before.get("id", 0)


@pytest.mark.roadmap("2.5")
class TestGetLink:
    def test_shows_a_link(self, writer: Visitor) -> None:
        saved, _ = writer.save(description="to read"), writer.save(description="to keep")
        shown = writer.get(f"/links/{saved.get('id')}", expect=200).json()
        wanted = {key: saved.get(key) for key in ("id", "title", "url")}
        wanted["description"] = "to read"
        assert {key: shown.get(key) for key in wanted} == wanted

    def test_answers_404_for_a_link_that_is_not_there(self, visitor: Visitor) -> None:
        answer = visitor.get(f"/links/{UNKNOWN_ID}", expect=404)
        assert answer.json().get("detail"), "the answer says nothing: raise HTTPException"


@pytest.mark.roadmap("2.5")
@pytest.mark.hardening
class TestGetLinkHardened:
    def test_shows_what_it_answered_when_the_link_was_saved(self, writer: Visitor) -> None:
        saved = writer.save(description="to read")
        assert writer.get(f"/links/{saved.get('id')}", expect=200).json() == saved

    @pytest.mark.parametrize(
        "link_id", ["0", "-1", "x", "1.5", "%00", "None", 2**31, 2**63, 2**64, 10**30, "9" * 5000]
    )
    def test_refuses_an_id_that_cannot_be(self, visitor: Visitor, link_id: object) -> None:
        visitor.get(f"/links/{link_id}", expect=(404, 422))

    def test_shows_a_link_whose_address_grew_by_escaping(self, writer: Visitor) -> None:
        url = "https://example.com/" + "€" * 500
        saved = writer.post("/links", json=new_link(url=url), expect=CREATED).json()
        writer.get(f"/links/{saved.get('id')}", expect=200)
