"""What /docs shows can be sent as it is: every example gets an answer that is documented."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock

import pytest
from jsonschema import Draft202012Validator

from final.users.models import Role
from tests.support.books import ORWELL, add_books
from tests.support.posts import picture, upload, write
from tests.support.server import Person, Server

# Somebody who has done a bit of everything presses "Execute" everywhere: first where things are
# read, then where they are made and changed, at last where they end.
ORDER = ["get", "post", "put", "patch", "delete"]
ENDS_FIRST = ["/my-library/{book_id}", "/links/tags/{tag}", "/links/{link_id}"]
ENDS_WITH_ITS_SESSION = [
    "post /api/auth/logout",
    "post /api/auth/logout-all",
    "post /api/auth/password",
    "delete /api/users/{user_id}",
]
# Examples cannot hold what only one installation knows, nor be used up twice.
OTHERWISE = {
    "post /auth/register": 409,
    "post /api/auth/register": 409,
    "post /api/v1/users": 409,
    "post /api/users/": 409,
    "post /books": 409,
    "post /my-library/{book_id}": 409,
    "post /shorten/": 409,
    "post /api/auth/refresh": 401,
    "post /api/auth/reset-password": 400,
    "post /api/auth/verify-email": 400,
    "delete /by_url/": 404,
    "delete /by_key/": 404,
}
SENT = {"application/json": "json", "application/x-www-form-urlencoded": "data"}
FILES = {
    "/api/v1/posts/{post_id}/image": picture(),
    "/links/import": b"<DT><A HREF='https://example.com/'>Example</A>",
    "/my-library/import": b"Title,ISBN13\nEmma,9780141439587",
}


@pytest.fixture
def schema(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the documentation; nobody goes out into the world for it."""
    monkeypatch.setattr(type(server.links.page_titles), "fetch", AsyncMock(return_value="A title"))
    monkeypatch.setattr(type(server.links.checker), "wake", AsyncMock())
    document: dict[str, Any] = server.app.openapi()
    return document


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the operations in the order in which they are tried."""
    found = [
        (method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(found, key=rank)


def rank(found: tuple[str, str, dict[str, Any]]) -> tuple[bool, int, bool]:
    """Tell how late an operation is tried."""
    method, path, _ = found
    is_last = f"{method} {path}" in ENDS_WITH_ITS_SESSION
    return is_last, ORDER.index(method), path not in ENDS_FIRST


def resolve(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    name = part.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"][name] if name else part
    return found


def examples(schema: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return each body that is shown, as a client is given it."""
    content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    kind = next(iter(content), "")
    if kind not in SENT:
        yield {}
        return
    shape = content[kind]["schema"]
    options = shape.get("anyOf", [shape])
    for model in (resolve(schema, option) for option in options if option != {"type": "null"}):
        fields = {name: field["examples"][0] for name, field in shown_fields(model)}
        yield from ({SENT[kind]: body} for body in model.get("examples", [fields]))


def shown_fields(model: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the fields of a model that have examples of their own."""
    for name, field in model["properties"].items():
        if "examples" in field:
            yield name, field


def parameters(operation: dict[str, Any], names: dict[str, str]) -> tuple[dict[str, Any], ...]:
    """Return what is filled in for the path, and for the query."""
    filled: dict[str, dict[str, Any]] = {"path": dict(names), "query": {}}
    for parameter in operation.get("parameters", []):
        shown = parameter["schema"]
        example = shown.get("example") or next(iter(shown.get("examples", [])), None)
        if example is not None and parameter["in"] in filled:
            filled[parameter["in"]][parameter["name"]] = example
    return filled["path"], filled["query"]


def check_answer(schema: dict[str, Any], operation: dict[str, Any], answer: Any) -> str | None:
    """Say in what an answer differs from what is documented."""
    documented = operation["responses"].get(str(answer.status_code))
    if documented is None:
        return f"{answer.status_code} is not documented: {answer.text}"
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    content = documented.get("content", {})
    if not answer.content:
        return None
    if kind not in content:
        return f"{kind} is not documented"
    if kind != "application/json":
        return None
    shape = content[kind]["schema"] | {"components": schema["components"]}
    problem = next(Draft202012Validator(shape).iter_errors(answer.json()), None)
    return problem.message if problem else None


@pytest.mark.stores("sqlite")
def test_every_example_gets_the_answer_that_is_documented(
    server: Server, schema: dict[str, Any]
) -> None:
    who = server.join("reader", Role.ADMIN)
    server.register("ada")
    names = build_world(server, who)
    problems = {}
    for method, path, operation in operations(schema):
        if (route := f"{method} {path}") in ENDS_WITH_ITS_SESSION:
            who = server.join(f"reader-{len(route)}", Role.ADMIN)
        in_path, query = parameters(operation, names)
        success = next(int(status) for status in operation["responses"] if status < "400")
        for body in examples(schema, operation):
            body |= {"files": {"file": FILES[path]}} if path in FILES else {}
            url = path.format(**in_path)
            answer = server.call(method, url, who, params=query, follow_redirects=False, **body)
            problem = check_answer(schema, operation, answer)
            if answer.status_code != OTHERWISE.get(route, success):
                problem = f"{answer.status_code}: {answer.text}"
            if problem:
                problems[route] = problem
    assert problems == {}


def build_world(server: Server, who: Person) -> dict[str, str]:
    """Let somebody have one of each; return what the documentation has no example for."""
    add_books(server, ORWELL)
    server.call("POST", "/my-library/1", who, json={"status": "Completed"})
    link = {"original_url": "https://fastapi.tiangolo.com/", "alias": "fastapi", "title": "x"}
    server.call("POST", "/shorten/", who, json=link)
    server.call("PATCH", "/links/1", who, json={"tags": ["python"]})
    server.call("POST", "/api/auth/tokens", who, json={"name": "x"})
    post = write(server, who)
    image = upload(server, who, post["id"]).json()["image_url"].rpartition("/")[2]
    return {"slug": post["slug"], "name": image}


@pytest.mark.stores("sqlite")
def test_every_example_is_one_of_its_kind(schema: dict[str, Any]) -> None:
    models = schema["components"]["schemas"]
    problems = {}
    for name, model in models.items():
        # The framework leaves what is null out of the documentation.
        nothing = {field: None for field in model.get("required", []) if may_be_null(model, field)}
        checker = Draft202012Validator(model | {"components": schema["components"]})
        for example in model.get("examples", []):
            for error in checker.iter_errors(nothing | example):
                problems[name] = error.message
    assert problems == {}


def may_be_null(model: dict[str, Any], field: str) -> bool:
    """Tell whether a field of a model may be null."""
    return {"type": "null"} in model["properties"][field].get("anyOf", [])
