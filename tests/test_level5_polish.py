"""Level 5: pages, search and documentation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.course import database
from tests.course.target import FINAL, Target
from tests.course.visitor import CREATED, Json, Visitor, routes_of

ERRORS = {
    "POST /auth/register": ["409"],
    "POST /auth/token": ["401"],
    "POST /links": ["401"],
    "GET /links/{}": ["404"],
    "DELETE /links/{}": ["401", "403", "404"],
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


def page(visitor: Visitor, **params: Any) -> list[Json]:
    """Return a page of the list."""
    links: list[Json] = visitor.get("/links", params=params, expect=200).json()
    return links


def search(visitor: Visitor, text: str, **params: Any) -> list[str]:
    """Return the titles that a search finds."""
    return [link["title"] for link in page(visitor, search=text, **params)]


@pytest.mark.roadmap("5.1")
class TestPagination:
    def test_shows_ten_links_when_nobody_says_how_many(self, writer: Visitor) -> None:
        for _ in range(12):
            writer.save()
        assert len(page(writer)) == 10

    def test_shows_as_many_as_asked_for(self, writer: Visitor) -> None:
        for _ in range(4):
            writer.save()
        assert len(page(writer, limit=3)) == 3

    def test_passes_over_as_many_as_asked_for(self, writer: Visitor) -> None:
        for _ in range(6):
            writer.save()
        every = writer.all_links()
        assert page(writer, skip=2, limit=3) == every[2:5]

    def test_has_an_empty_page_after_the_last(self, writer: Visitor) -> None:
        for _ in range(2):
            writer.save()
        assert page(writer, skip=len(writer.all_links())) == []
        assert len(page(writer, limit=1)) == 1

    @pytest.mark.parametrize("name", ["skip", "limit"])
    def test_refuses_what_is_no_number(self, visitor: Visitor, name: str) -> None:
        visitor.get("/links", params={name: "x"}, expect=422)


@pytest.mark.roadmap("5.1")
@pytest.mark.hardening
class TestPaginationHardened:
    def test_has_an_order_of_its_own(self, writer: Visitor, database_file: Path) -> None:
        for letter in "abcd":
            title = writer.save(title=f"{letter} {uuid4().hex}")["title"]
        before = page(writer, limit=3)
        with database.turned_over(database_file, value=title):
            after = page(writer, limit=3)
        assert after == before, "without an ORDER BY the database gives rows in any order it likes"
        assert len(before) == 3, "there are no pages"

    @pytest.mark.parametrize("skip", ["-1", "1.5", 2**31, 2**63, 10**30])
    def test_refuses_an_odd_skip(self, visitor: Visitor, skip: object) -> None:
        visitor.get("/links", params={"skip": skip}, expect=422)

    @pytest.mark.parametrize("limit", ["0", "-1", "101", "NaN", 2**63])
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

    @pytest.mark.parametrize(("title", "text"), [("FastAPI", "fastapi"), ("fastapi", "FASTAPI")])
    def test_does_not_tell_upper_from_lower_case(
        self, writer: Visitor, word: str, title: str, text: str
    ) -> None:
        writer.save(title=f"{word} {title}")
        writer.save(title=f"{word} something else")
        assert search(writer, f"{word} {text}") == [f"{word} {title}"]

    def test_looks_through_all_links_and_not_through_one_page(
        self, writer: Visitor, word: str
    ) -> None:
        for number in range(21):
            writer.save(title=f"{word} found" if number == 10 else f"{number} passed over")
        assert search(writer, word) == [f"{word} found"], (
            "a link in the middle of many is not found: search first, then cut the page"
        )

    def test_comes_in_pages_too(self, writer: Visitor, word: str) -> None:
        for number in range(5):
            writer.save(title=f"{word} {number}")
        titles = search(writer, word)
        assert len(titles) == 5
        assert search(writer, word, skip=1, limit=2) == titles[1:3]

    def test_finds_nothing_where_nothing_is(self, writer: Visitor, word: str) -> None:
        writer.save()
        assert search(writer, word) == []


@pytest.mark.roadmap("5.2")
@pytest.mark.hardening
class TestSearchHardened:
    @pytest.mark.parametrize(
        ("title", "text"), [("Über Öl", "üBER öL"), ("ЁЖИК", "ёжик")], ids=["German", "Russian"]
    )
    def test_knows_capital_letters_of_every_alphabet(
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

    def test_looks_at_nothing_but_the_title(
        self, target: Target, writer: Visitor, word: str
    ) -> None:
        if target.name == FINAL:
            pytest.skip("final searches descriptions and addresses as well")
        writer.save(description=word, url=f"https://example.com/{word}")
        assert search(writer, word) == []

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
    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_every_field_of_a_body_has_a_description(self, schema: Json, path: str) -> None:
        bare = without_description(body_model(schema, path))
        assert not bare, f"POST {path}: no description of {bare}"

    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_a_body_has_an_example(self, schema: Json, path: str) -> None:
        assert examples(schema, path), (
            f"POST {path}: no example, neither of the whole body nor of each field it needs"
        )

    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_the_example_of_a_body_works(self, schema: Json, visitor: Visitor, path: str) -> None:
        assert examples(schema, path), f"POST {path} has no example"
        for example in examples(schema, path):
            visitor.sign_up().post(path, json=example, expect=(*CREATED, 400, 409))


@pytest.mark.roadmap("5.3")
@pytest.mark.hardening
class TestDocumentationHardened:
    def test_every_route_has_a_tag_and_a_description(self, schema: Json) -> None:
        operations = [(path, operation) for path, _, operation in level_operations(schema)]
        assert operations
        wanted = {"tags", "description"}
        assert [path for path, operation in operations if not wanted <= set(operation)] == []

    def test_every_parameter_has_a_description(self, schema: Json) -> None:
        parameters = operation(schema, "GET /links").get("parameters", [])
        described = {p["name"] for p in parameters if p.get("description")}
        assert {"skip", "limit", "search"} <= described

    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_every_field_of_an_answer_has_a_description(self, schema: Json, path: str) -> None:
        model = answer_model(schema, path)
        assert model, f"POST {path} does not say what it answers"
        assert not without_description(model), f"no description of {without_description(model)}"

    @pytest.mark.parametrize("path", ["/links", "/auth/register"])
    def test_the_example_of_an_answer_has_its_fields(self, schema: Json, path: str) -> None:
        model = answer_model(schema, path)
        found = own_examples(model)
        assert found, f"no example of what POST {path} answers"
        assert all(set(example) <= set(model["properties"]) for example in found)

    @pytest.mark.parametrize("route", ERRORS)
    def test_the_errors_are_documented(self, schema: Json, route: str) -> None:
        responses = operation(schema, route).get("responses", {})
        documented = {status for status, answer in responses.items() if answer.get("content")}
        assert set(ERRORS[route]) <= documented


def level_operations(schema: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and description of each route that a level has, but for GET /."""
    routes = {"POST /auth/register", "POST /auth/token", "POST /links", "GET /links"}
    routes |= {"GET /links/{}", "DELETE /links/{}"}
    assert routes <= set(routes_of(schema))
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            if routes & set(routes_of({"paths": {path: {method: described}}})):
                yield path, method, described


def operation(schema: Json, route: str) -> Json:
    """Return what the document says about a route, with or without a slash at its end."""
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            if route in routes_of({"paths": {path: {method: described}}}):
                found: Json = described
                return found
    pytest.fail(f"{route} is not in /openapi.json", pytrace=False)


def model_in(schema: Json, message: Json) -> Json:
    """Return the model that a body or an answer consists of, wherever the document has it."""
    model: Json = message.get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in model:
        model = schema["components"]["schemas"][model["$ref"].rpartition("/")[2]]
    return model


def body_model(schema: Json, path: str) -> Json:
    """Return the model of what POST takes."""
    model = model_in(schema, operation(schema, f"POST {path}").get("requestBody", {}))
    assert model.get("properties"), f"POST {path} does not say which fields it takes"
    return model


def answer_model(schema: Json, path: str) -> Json:
    """Return the model of what POST answers with."""
    responses = operation(schema, f"POST {path}")["responses"]
    return model_in(schema, next(responses[status] for status in responses if status[0] == "2"))


def without_description(model: Json) -> list[str]:
    """Return the fields of a model that do not explain themselves."""
    return [name for name, field in model["properties"].items() if not field.get("description")]


def examples(schema: Json, path: str) -> list[Json]:
    """Return the examples of a body: those of the route, of the model or of its fields."""
    content = operation(schema, f"POST {path}")["requestBody"]["content"]["application/json"]
    of_route = [example["value"] for example in content.get("examples", {}).values()]
    of_route += [content["example"]] if "example" in content else []
    return of_route or own_examples(body_model(schema, path))


def own_examples(model: Json) -> list[Json]:
    """Return the examples that a model has, or one that is made of those of its fields."""
    whole = model.get("examples", []) + ([model["example"]] if "example" in model else [])
    of_fields = {
        name: field["examples"][0] if field.get("examples") else field["example"]
        for name, field in model.get("properties", {}).items()
        if field.get("examples") or "example" in field
    }
    complete = of_fields and set(model.get("required", of_fields)) <= set(of_fields)
    return whole or ([of_fields] if complete else [])
