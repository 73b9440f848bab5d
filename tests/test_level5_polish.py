"""Level 5: pages, search and documentation."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.course.visitor import Json, Visitor, routes_of

ERRORS = {
    ("/auth/register", "post"): {"409"},
    ("/auth/token", "post"): {"401"},
    ("/links", "post"): {"401"},
    ("/links/{link_id}", "get"): {"404"},
    ("/links/{link_id}", "delete"): {"401", "403", "404"},
}


@pytest.fixture
def word() -> str:
    """Return a word that is in no title yet."""
    return f"w{uuid4().hex}"


@pytest.fixture
def schema(visitor: Visitor) -> Json:
    """Return the OpenAPI document behind /docs."""
    document: Json = visitor.get("/openapi.json", expect=200).json()
    return document


def search(visitor: Visitor, text: str, **params: Any) -> list[str]:
    """Return the titles that a search finds."""
    answer = visitor.get("/links", params={"search": text} | params, expect=200)
    return [link["title"] for link in answer.json()]


@pytest.mark.roadmap("5.1")
class TestPagination:
    def test_shows_ten_links_when_nobody_says_how_many(self, writer: Visitor) -> None:
        for _ in range(12):
            writer.save()
        assert len(writer.get("/links", expect=200).json()) == 10

    def test_shows_as_many_as_asked_for(self, writer: Visitor) -> None:
        for _ in range(4):
            writer.save()
        assert len(writer.get("/links", params={"limit": 3}, expect=200).json()) == 3

    def test_passes_over_as_many_as_asked_for(self, writer: Visitor) -> None:
        for _ in range(6):
            writer.save()
        every = writer.all_links()
        page = writer.get("/links", params={"skip": 2, "limit": 3}, expect=200).json()
        assert page == every[2:5]

    def test_has_an_empty_page_after_the_last(self, writer: Visitor) -> None:
        writer.save()
        params = {"skip": len(writer.all_links())}
        assert writer.get("/links", params=params, expect=200).json() == []

    @pytest.mark.parametrize("skip", ["-1", "x", "1.5", 2**31, 2**63, 10**30])
    def test_refuses_an_odd_skip(self, visitor: Visitor, skip: object) -> None:
        visitor.get("/links", params={"skip": skip}, expect=422)

    @pytest.mark.parametrize("limit", ["0", "-1", "101", "x", "NaN", 2**63])
    def test_refuses_an_odd_limit(self, visitor: Visitor, limit: object) -> None:
        visitor.get("/links", params={"limit": limit}, expect=422)


@pytest.mark.roadmap("5.2")
class TestSearch:
    @pytest.mark.parametrize("title", ["{}", "{} first", "last {}", "in {} between", "a{}z"])
    def test_finds_a_word_anywhere_in_the_title(
        self, writer: Visitor, word: str, title: str
    ) -> None:
        title = title.format(word)
        writer.save(title=title)
        writer.save()
        assert search(writer, word) == [title]

    @pytest.mark.parametrize(
        ("title", "text"),
        [("FastAPI", "fastapi"), ("fastapi", "FASTAPI"), ("Über Öl", "üBER öL"), ("ЁЖИК", "ёжик")],
    )
    def test_does_not_tell_upper_from_lower_case(
        self, writer: Visitor, word: str, title: str, text: str
    ) -> None:
        writer.save(title=f"{word} {title}")
        writer.save(title=f"{word} something else")
        assert search(writer, f"{word} {text}") == [f"{word} {title}"]

    @pytest.mark.parametrize("character", ["%", "_", "\\", "/", "*", "'", '"'])
    def test_takes_every_character_literally(
        self, writer: Visitor, word: str, character: str
    ) -> None:
        writer.save(title=f"{word}{character}b")
        writer.save(title=f"{word}ab")
        assert search(writer, f"{word}{character}") == [f"{word}{character}b"]

    def test_looks_at_nothing_but_the_title(self, writer: Visitor, word: str) -> None:
        writer.save(description=word, url=f"https://example.com/{word}")
        assert search(writer, word) == []

    def test_comes_in_pages_too(self, writer: Visitor, word: str) -> None:
        titles = [f"{word} {number}" for number in range(5)]
        for title in titles:
            writer.save(title=title)
        assert search(writer, word, skip=1, limit=2) == titles[1:3]

    def test_finds_everything_when_there_is_nothing_to_look_for(
        self, writer: Visitor, word: str
    ) -> None:
        writer.save(title=word)
        everything = [link["title"] for link in writer.all_links()]
        assert search(writer, "", limit=100) == everything[:100]
        assert search(writer, "no title has this") == []

    @pytest.mark.parametrize("text", ["' OR 1=1 --", "%00", "\u200b", "🦄"])
    def test_finds_nothing_for_odd_texts(self, writer: Visitor, word: str, text: str) -> None:
        writer.save()
        assert search(writer, f"{word}{text}") == []

    @pytest.mark.parametrize("length", [1000, 30_000])
    def test_refuses_a_text_that_no_title_can_have(self, visitor: Visitor, length: int) -> None:
        visitor.get("/links", params={"search": "a" * length}, expect=422)


@pytest.mark.roadmap("5.3")
class TestDocumentation:
    def test_every_route_has_a_tag_and_a_description(self, schema: Json) -> None:
        operations = [(path, operation) for path, _, operation in level_operations(schema)]
        assert operations
        wanted = {"tags", "description"}
        assert [path for path, operation in operations if not wanted <= set(operation)] == []

    def test_every_parameter_has_a_description(self, schema: Json) -> None:
        parameters = schema["paths"]["/links"]["get"].get("parameters", [])
        described = {p["name"] for p in parameters if p.get("description")}
        assert {"skip", "limit", "search"} <= described

    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_every_field_has_a_description(self, schema: Json, path: str) -> None:
        for model in (body_model(schema, path), answer_model(schema, path)):
            bare = [name for name, field in model["properties"].items() if not describes(field)]
            assert not bare, f"{model['title']}: no description of {bare}"

    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_the_example_of_an_answer_has_its_fields(self, schema: Json, path: str) -> None:
        model = answer_model(schema, path)
        examples = model.get("examples", [])
        assert examples, f"no example of what POST {path} answers"
        assert all(set(example) <= set(model["properties"]) for example in examples)

    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_the_example_of_a_body_works(self, schema: Json, visitor: Visitor, path: str) -> None:
        examples = body_model(schema, path).get("examples", [])
        assert examples, f"no example of what to send to POST {path}"
        for example in examples:
            visitor.sign_up().post(path, json=example, expect=(201, 409))

    @pytest.mark.parametrize(("operation", "statuses"), ERRORS.items())
    def test_the_errors_are_documented(
        self, schema: Json, operation: tuple[str, str], statuses: set[str]
    ) -> None:
        path, method = operation
        responses = schema["paths"].get(path, {}).get(method, {}).get("responses", {})
        documented = {status for status, answer in responses.items() if answer.get("content")}
        assert statuses <= documented


def level_operations(schema: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and description of each route that a level has, but for GET /."""
    routes = {"POST /auth/register", "POST /auth/token", "POST /links", "GET /links"}
    routes |= {"GET /links/{}", "DELETE /links/{}"}
    assert routes <= set(routes_of(schema))
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if routes & set(routes_of({"paths": {path: {method: operation}}})):
                yield path, method, operation


def resolve(schema: Json, content: Json) -> Json:
    """Return the model that a body or an answer refers to."""
    name = content["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    model: Json = schema["components"]["schemas"][name]
    return model


def body_model(schema: Json, path: str) -> Json:
    """Return the model of what POST takes."""
    return resolve(schema, schema["paths"][path]["post"]["requestBody"])


def answer_model(schema: Json, path: str) -> Json:
    """Return the model of what POST answers with."""
    return resolve(schema, schema["paths"][path]["post"]["responses"]["201"])


def describes(field: Json) -> bool:
    """Tell whether a field of a model explains itself."""
    return bool(field.get("description"))
