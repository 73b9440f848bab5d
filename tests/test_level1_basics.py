"""Level 1: schemas, validation, and links in a list."""

from typing import Any

import pytest

from tests.course.visitor import Visitor, new_link

SURROGATE = '"\\ud800"'


@pytest.mark.roadmap("1.1")
class TestProjectSetup:
    def test_the_app_starts_and_documents_its_routes(self, visitor: Visitor) -> None:
        paths = visitor.get("/openapi.json", expect=200).json()["paths"]
        assert {"/", "/links"} <= set(paths)

    def test_the_documentation_page_loads_nothing_from_elsewhere(self, visitor: Visitor) -> None:
        page = visitor.get("/docs", expect=200).text
        assert "/openapi.json" in page
        assert 'src="http' not in page
        assert visitor.has_route("GET /links"), "the page has no route to show"


@pytest.mark.roadmap("1.2")
class TestHealthCheck:
    def test_welcomes_the_visitor(self, visitor: Visitor) -> None:
        answer = visitor.get("/", expect=200)
        assert answer.json() == {"message": "Welcome to LinkHub API"}


@pytest.mark.roadmap("1.3")
class TestLinkSchema:
    @pytest.mark.parametrize(
        "change",
        [
            {"title": ""},
            {"title": "   "},
            {"title": "\u200b \u200b"},
            {"title": "nul\0"},
            {"title": "x" * 201},
            {"title": None},
            {"title": 7},
            {"url": "not a url"},
            {"url": "javascript:alert(1)"},
            {"url": "ftp://example.com"},
            {"url": "https://"},
            {"url": None},
            {"description": 7},
        ],
        ids=str,
    )
    def test_refuses_a_link_that_is_none(self, writer: Visitor, change: dict[str, Any]) -> None:
        writer.post("/links", json=new_link(**change), expect=422)

    @pytest.mark.parametrize("field", ["title", "url"])
    def test_names_the_field_that_is_missing(self, writer: Visitor, field: str) -> None:
        link = new_link()
        del link[field]
        answer = writer.post("/links", json=link, expect=422)
        assert field in [mistake["loc"][-1] for mistake in answer.json()["detail"]]

    def test_trims_the_title(self, writer: Visitor) -> None:
        link = new_link()
        saved = writer.save(title=f"  {link['title']} \n")
        assert saved["title"] == link["title"]

    def test_does_without_a_description(self, writer: Visitor) -> None:
        assert writer.save()["description"] is None

    @pytest.mark.parametrize("url", ["http://example.com", "https://example.com/a?b=c#d"])
    def test_takes_http_and_https(self, writer: Visitor, url: str) -> None:
        assert writer.save(url=url)["url"].rstrip("/") == url

    @pytest.mark.parametrize("change", [{"url": "secret-word"}, {"description": ["secret-word"]}])
    def test_does_not_repeat_what_it_refuses(self, writer: Visitor, change: dict[str, Any]) -> None:
        answer = writer.post("/links", json=new_link(**change), expect=422)
        assert "secret-word" not in answer.text

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b'"text"',
            b"{",
            b"\xff",
            b"1e999",
            b"[" * 100_000,
            b'{"title": NaN, "url": "http://example.com"}',
            b'{"title": -Infinity, "url": "http://example.com"}',
            b'{"title": ' + b"9" * 5000 + b', "url": "http://example.com"}',
            f'{{"title": {SURROGATE}, "url": "http://example.com"}}'.encode(),
            f'{{"title": "t", "url": {SURROGATE}}}'.encode(),
            f'{{"title": "t", "url": "http://example.com", "description": {SURROGATE}}}'.encode(),
        ],
        ids=lambda body: body[:45].decode("latin-1") or "nothing",
    )
    def test_refuses_a_body_that_makes_no_sense(self, writer: Visitor, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        writer.post("/links", content=body, headers=headers, expect=(400, 422))

    def test_refuses_a_body_that_is_not_declared_as_json(self, writer: Visitor) -> None:
        writer.post("/links", data={"title": "t", "url": "http://example.com"}, expect=422)


@pytest.mark.roadmap("1.4")
class TestLinks:
    def test_saves_a_link(self, writer: Visitor) -> None:
        link = new_link(description="to read")
        saved = writer.post("/links", json=link, expect=201).json()
        assert {key: saved[key] for key in link} == link

    def test_lists_what_was_saved(self, writer: Visitor) -> None:
        saved = writer.save()
        assert saved in writer.all_links()

    def test_lists_the_oldest_first(self, writer: Visitor) -> None:
        titles = [writer.save()["title"] for _ in range(3)]
        listed = [link["title"] for link in writer.all_links()]
        assert [title for title in listed if title in titles] == titles

    def test_does_not_list_what_it_refused(self, writer: Visitor) -> None:
        refused = new_link(url="nonsense")
        writer.post("/links", json=refused, expect=422)
        assert refused["title"] not in [link["title"] for link in writer.all_links()]

    @pytest.mark.parametrize("text", ["<b>&amp;", "Ünïcödé 🦄", "'; DROP TABLE link; --"])
    def test_returns_every_character_as_it_came(self, writer: Visitor, text: str) -> None:
        saved = writer.save(title=text, description=text)
        assert (saved["title"], saved["description"]) == (text, text)
        assert saved in writer.all_links()

    def test_survives_a_nul_character(self, writer: Visitor) -> None:
        writer.post("/links", json=new_link(description="\0"), expect=(201, 422))
        assert writer.save() in writer.all_links()

    def test_sends_nobody_to_a_host_that_the_client_made_up(self, writer: Visitor) -> None:
        writer.save()
        answer = writer.get("/links/", headers={"Host": "evil.example"}, follow_redirects=False)
        assert "evil.example" not in answer.headers.get("location", "")
