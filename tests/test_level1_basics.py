"""Level 1: schemas, validation, and links in a list.

A class whose name ends in Hardened goes beyond the contract: see tests/course/roadmap.toml.
"""

from typing import Any

import pytest

from tests.course.visitor import CREATED, Visitor, new_link

JSON = {"Content-Type": "application/json"}


@pytest.mark.roadmap("1.1")
class TestProjectSetup:
    def test_the_app_starts_and_documents_itself(self, visitor: Visitor) -> None:
        assert "paths" in visitor.get("/openapi.json", expect=200).json()


@pytest.mark.roadmap("1.1")
@pytest.mark.hardening
class TestProjectSetupHardened:
    def test_the_documentation_page_loads_nothing_from_elsewhere(self, visitor: Visitor) -> None:
        page = visitor.get("/docs", expect=200).text
        assert 'src="http' not in page, "/docs loads a script from another server"


@pytest.mark.roadmap("1.2")
class TestHealthCheck:
    def test_welcomes_the_visitor(self, visitor: Visitor) -> None:
        answer = visitor.get("/", expect=200)
        assert answer.json() == {"message": "Welcome to LinkHub API"}


@pytest.mark.roadmap("1.3")
class TestLinkSchema:
    def test_does_without_a_description(self, writer: Visitor) -> None:
        assert not writer.save().get("description")

    @pytest.mark.parametrize("field", ["title", "url"])
    def test_names_the_field_that_is_missing(self, writer: Visitor, field: str) -> None:
        link = new_link()
        del link[field]
        answer = writer.post("/links", json=link, expect=422)
        assert field in answer.text, f"the answer does not name {field}: {answer.text[:300]}"

    @pytest.mark.parametrize("value", [None, 7], ids=str)
    @pytest.mark.parametrize("field", ["title", "url"])
    def test_refuses_a_field_that_is_no_text(
        self, writer: Visitor, field: str, value: object
    ) -> None:
        writer.post("/links", json=new_link(**{field: value}), expect=422)

    @pytest.mark.parametrize("url", ["not a url", "javascript:alert(1)", "ftp://example.com"])
    def test_refuses_an_address_that_is_none(self, writer: Visitor, url: str) -> None:
        writer.post("/links", json=new_link(url=url), expect=422)

    @pytest.mark.parametrize("url", ["http://example.com", "https://example.com/a?b=c#d"])
    def test_takes_http_and_https(self, writer: Visitor, url: str) -> None:
        assert str(writer.save(url=url).get("url")).rstrip("/") == url

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"{"], ids=str)
    def test_refuses_a_body_that_is_no_object(self, writer: Visitor, body: bytes) -> None:
        writer.post("/links", content=body, headers=JSON, expect=(400, 422))


@pytest.mark.roadmap("1.3")
@pytest.mark.hardening
class TestLinkSchemaHardened:
    @pytest.mark.parametrize(
        "change",
        [{"title": ""}, {"title": "   "}, {"title": "x" * 201}, {"description": 7}],
        ids=lambda change: str(change)[:30],
    )
    def test_refuses_what_makes_no_link(self, writer: Visitor, change: dict[str, Any]) -> None:
        writer.post("/links", json=new_link(**change), expect=422)

    def test_refuses_an_address_without_a_host(self, writer: Visitor) -> None:
        writer.post("/links", json=new_link(url="https://"), expect=422)

    def test_trims_the_title(self, writer: Visitor) -> None:
        link = new_link()
        saved = writer.save(title=f"  {link['title']} \n")
        assert saved["title"] == link["title"]

    @pytest.mark.parametrize(
        "body",
        [
            b"\xff",
            b"[" * 100_000,
            b'{"title": ' + b"9" * 5000 + b', "url": "http://example.com"}',
        ],
        ids=lambda body: body[:12].decode("latin-1"),
    )
    def test_refuses_a_body_that_makes_no_sense(self, writer: Visitor, body: bytes) -> None:
        writer.post("/links", content=body, headers=JSON, expect=(400, 422))

    def test_refuses_a_body_that_is_not_declared_as_json(self, writer: Visitor) -> None:
        writer.post("/links", data={"title": "t", "url": "http://example.com"}, expect=422)


@pytest.mark.roadmap("1.4")
class TestLinks:
    def test_saves_a_link(self, writer: Visitor) -> None:
        link = new_link(description="to read")
        saved = writer.post("/links", json=link, expect=CREATED).json()
        assert {key: saved.get(key) for key in link} == link

    def test_lists_what_was_saved(self, writer: Visitor) -> None:
        titles = {writer.save()["title"] for _ in range(3)}
        assert titles <= {link["title"] for link in writer.all_links()}

    def test_lists_all_that_a_link_has(self, writer: Visitor) -> None:
        link = new_link(description="to read")
        writer.post("/links", json=link, expect=CREATED)
        listed = next(one for one in writer.all_links() if one["title"] == link["title"])
        assert {key: listed.get(key) for key in link} == link

    def test_does_not_list_what_it_refused(self, writer: Visitor) -> None:
        refused = new_link(url="nonsense")
        writer.post("/links", json=refused, expect=422)
        assert refused["title"] not in [link["title"] for link in writer.all_links()]

    def test_does_not_change_a_link_when_another_is_saved(self, writer: Visitor) -> None:
        first, second = writer.save(description="one"), writer.save(description="two")
        listed = {link["title"]: link.get("description") for link in writer.all_links()}
        assert (listed[first["title"]], listed[second["title"]]) == ("one", "two")


@pytest.mark.roadmap("1.4")
@pytest.mark.hardening
class TestLinksHardened:
    def test_says_created_for_what_it_has_created(self, writer: Visitor) -> None:
        writer.post("/links", json=new_link(), expect=201)

    def test_lists_the_oldest_first(self, writer: Visitor) -> None:
        titles = [writer.save()["title"] for _ in range(3)]
        listed = [link["title"] for link in writer.all_links()]
        assert [title for title in listed if title in titles] == titles

    def test_shows_in_the_list_what_it_answered(self, writer: Visitor) -> None:
        saved = writer.save()
        assert saved in writer.all_links()

    @pytest.mark.parametrize("text", ["<b>&amp;", "Ünïcödé 🦄", "'; DROP TABLE link; --"])
    def test_returns_every_character_as_it_came(self, writer: Visitor, text: str) -> None:
        saved = writer.save(title=text, description=text)
        assert (saved["title"], saved["description"]) == (text, text)
        assert saved in writer.all_links()

    def test_survives_a_nul_character(self, writer: Visitor) -> None:
        writer.post("/links", json=new_link(description="\0"), expect=(*CREATED, 422))
        assert writer.save() in writer.all_links()
