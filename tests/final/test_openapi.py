"""The documentation: complete, grouped, with examples and errors."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from final.main import create_app
from tests.support.authorization import TABLE
from tests.support.server import PASSWORD, Person, Server, make_settings


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return create_app(make_settings("sqlite://")).openapi()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Walk through the operations."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Walk through everything that a document is made of, but not through examples."""
    if isinstance(value, dict):
        yield value
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for name, child in children:
        if isinstance(child, dict | list) and name not in ("example", "examples"):
            yield from parts(child)


def test_it_is_what_the_standard_asks_for(schema: dict[str, Any]) -> None:
    validate(schema)
    assert [server["url"] for server in schema["servers"]] == ["/"]


def test_every_operation_explains_itself(schema: dict[str, Any]) -> None:
    described = {tag["name"] for tag in schema["tags"] if tag["description"]}
    for method, path, operation in operations(schema):
        assert operation.get("description"), (method, path)
        assert set(operation["tags"]) <= described, (method, path)
        assert len(operation["tags"]) == 1, (method, path)


def test_operation_ids_are_unique_function_names(schema: dict[str, Any]) -> None:
    ids = Counter(operation["operationId"] for _, _, operation in operations(schema))
    assert [name for name, times in ids.items() if times > 1 or not name.isidentifier()] == []


def test_every_model_has_an_example(schema: dict[str, Any]) -> None:
    bare = [
        name
        for name, model in schema["components"]["schemas"].items()
        if model["type"] == "object"
        and not model.get("examples")
        and not any("example" in str(field) for field in model["properties"].values())
    ]
    assert bare == ["InvalidInput"]


def test_what_has_to_be_given_is_filled_in(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        for parameter in operation.get("parameters", []):
            if parameter["required"] and parameter["name"] in ("key", "url"):
                assert parameter["schema"].get("example"), (method, path)


def test_the_form_to_sign_in_is_filled_in(schema: dict[str, Any]) -> None:
    form = schema["components"]["schemas"]["TokenForm"]
    filled = {name: form["properties"][name].get("examples") for name in ("username", "password")}
    assert [{name: words[0] for name, words in filled.items() if words}] == form["examples"]


@pytest.mark.parametrize("path", ["/by_url/", "/by_key/"])
def test_a_fixed_answer_is_shown(schema: dict[str, Any], path: str) -> None:
    answer = schema["paths"][path]["delete"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["const"] == "Link deleted"


def test_the_examples_of_saving_and_shortening_do_not_collide(schema: dict[str, Any]) -> None:
    models = schema["components"]["schemas"]
    (saved,), (shortened,) = (models[name]["examples"] for name in ("LinkCreate", "ShortenRequest"))
    assert saved["url"] != shortened["original_url"]


def test_every_field_and_parameter_says_what_it_is(schema: dict[str, Any]) -> None:
    for name, model in schema["components"]["schemas"].items():
        for field, content in model.get("properties", {}).items():
            assert content.get("description"), (name, field)
    for method, path, operation in operations(schema):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (method, path, parameter["name"])


def test_examples_are_what_they_are_examples_of(schema: dict[str, Any]) -> None:
    formats = FormatChecker(["date", "date-time", "email", "uuid"])
    seen = 0
    for part in parts(schema):
        content = {"components": schema["components"], **part.get("schema", part)}
        examples = [*part.get("examples", []), *([part["example"]] if "example" in part else [])]
        check = Draft202012Validator(content, format_checker=formats)
        for example in examples:
            check.validate(example)
            seen += 1
    assert seen > 100


def test_bounds_are_in_the_words_of_json_schema(schema: dict[str, Any]) -> None:
    words = {word for part in parts(schema) for word in part}
    assert {"minimum", "maximum", "minLength", "maxLength"} <= words
    assert not {"ge", "gt", "le", "lt", "min_length", "max_length"} & words


def test_every_operation_says_whether_it_wants_a_token(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        row = f"{method} {path}".replace("{tag}", "{tag:path}")
        anonymous, deactivated, *_ = TABLE[row].split()
        does_without = {} in operation["security"] or operation["security"] == []
        assert does_without == (anonymous != "401"), row
        # A dead refresh token is refused, but does not come as a header.
        if path != "/api/auth/refresh":
            assert (operation["security"] != []) == (deactivated == "401"), row


def test_what_is_answered_before_a_route_is_asked_is_documented(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        answers = set(operation["responses"])
        assert ("429" in answers) >= (method in ("POST", "PUT", "PATCH", "DELETE")), (method, path)
        if "requestBody" in operation:
            assert {"400", "413"} <= answers, (method, path)
        assert ("503" in answers) == (path not in ("/", "/health", "/metrics")), (method, path)


def test_what_is_protected_documents_401(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        if operation.get("security"):
            assert "401" in operation["responses"], (method, path)


def test_refused_input_is_documented_as_it_is_answered(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        if answer := operation["responses"].get("422"):
            assert "InvalidInput" in str(answer), (method, path)


def test_changes_know_their_fields_and_new_things_ignore_the_rest(schema: dict[str, Any]) -> None:
    models = schema["components"]["schemas"]
    for method, path, operation in operations(schema):
        content = operation.get("requestBody", {}).get("content", {})
        for name in re.findall(r"schemas/(\w+)", str(content.get("application/json"))):
            is_strict = models[name].get("additionalProperties") is False
            assert is_strict == (method in ("PUT", "PATCH")), (method, path)


def test_the_old_paths_work_but_are_not_shown(schema: dict[str, Any]) -> None:
    shown = set(schema["paths"])
    assert {"/users/me", "/api/v1/users", "/api/v1/users/{user_id}"} <= shown
    assert not {"/users", "/users/{user_id}"} & shown


def test_authorize_knows_where_to_sign_in(schema: dict[str, Any]) -> None:
    (scheme,) = schema["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"] == "auth/token"


def test_the_page_needs_no_internet(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "https://" not in page.replace("https://fastapi.tiangolo.com", "")
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200


def test_every_answer_says_what_it_is(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        for status, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                assert "schema" in content, (method, path, status, media)
                assert status < "400" or media == "application/json", (method, path, status)


def test_uploads_are_files_and_no_texts(schema: dict[str, Any]) -> None:
    bodies = [
        operation["requestBody"]["content"]["multipart/form-data"]["schema"]
        for _, _, operation in operations(schema)
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(bodies) == 3
    for body in bodies:
        form = schema["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], body)
        assert form["properties"]["file"]["format"] == "binary"


@pytest.mark.stores("sqlite")
def test_broken_bodies_are_answered_as_documented(
    client: TestClient, schema: dict[str, Any]
) -> None:
    documented = schema["paths"]["/auth/register"]["post"]["responses"]
    for body, status in [(b'{"username": "\xff"}', "400"), (b" " * 2_000_000, "413")]:
        headers = {"Content-Type": "application/json"}
        answer = client.post("/auth/register", content=body, headers=headers)
        assert str(answer.status_code) == status
        assert answer.json() == documented[status]["content"]["application/json"]["example"]


@pytest.mark.stores("sqlite")
def test_broken_rules_are_answered_as_documented(
    server: Server, ada: Person, schema: dict[str, Any]
) -> None:
    requests: list[tuple[str, dict[str, Any]]] = [
        ("/links/import", {"files": {"file": b"no bookmarks"}}),
        ("/my-library/import", {"files": {"file": b"no shelf"}}),
        ("/shorten/", {"json": {"original_url": "https://example.com", "alias": "docs"}}),
        ("/links", {"json": {"title": "x", "url": "no url"}}),
        (
            "/api/auth/password",
            {"json": {"current_password": PASSWORD, "new_password": "ada@example.com"}},
        ),
    ]
    for path, options in requests:
        answer = server.call("POST", path, ada, **options)
        assert answer.status_code == 422, path
        documented = schema["paths"][path]["post"]["responses"]["422"]["content"]
        content = {"components": schema["components"], **documented["application/json"]["schema"]}
        Draft202012Validator(content).validate(answer.json())
