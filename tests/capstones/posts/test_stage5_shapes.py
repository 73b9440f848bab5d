"""Stage 5: what answers show, and what /docs says of them."""

import pytest

from tests.capstones.guest import Guest
from tests.capstones.posts.writing import operations, path_of, write
from tests.course.visitor import Json


@pytest.mark.roadmap("5.1")
class TestPublicViews:
    @pytest.mark.parametrize("path", ["/users?limit=100", "/users/{}"])
    def test_users_keep_what_is_private(self, visitor: Guest, path: str) -> None:
        account = visitor.register()
        text = visitor.get(path.format(account["id"]), expect=200, item="1.5").text
        leaks = [secret for secret in (account["email"], "password", "$2b$") if secret in text]
        assert leaks == [], f"GET {path} shows {leaks}"

    def test_authors_do_too(self, visitor: Guest, other: Guest) -> None:
        text = visitor.get(path_of(write(other)), expect=200, item="1.2").text
        leaks = [
            secret for secret in (other.account["email"], "password", "$2b$") if secret in text
        ]
        assert leaks == [], f"GET /posts/{{id}} shows {leaks}"


@pytest.mark.roadmap("5.2")
@pytest.mark.usefixtures("three")
class TestEnvelope:
    def test_says_how_many_there_are(self, visitor: Guest, tag: str) -> None:
        params = {"tag": tag, "page": 1, "size": 2}
        answer = visitor.get("/posts", params=params, expect=200).json()
        assert isinstance(answer, dict), "GET /posts answers with a bare list"
        wanted = {"total": 3, "page": 1, "size": 2, "pages": 2}
        assert {field: answer.get(field) for field in wanted} == wanted
        assert len(answer["items"]) == 2

    def test_says_so_after_the_last_page(self, visitor: Guest, tag: str) -> None:
        params = {"tag": tag, "page": 9, "size": 2}
        answer = visitor.get("/posts", params=params, expect=200).json()
        assert isinstance(answer, dict), "GET /posts answers with a bare list"
        assert (answer.get("items"), answer.get("total"), answer.get("pages")) == ([], 3, 2)


REFUSALS = {
    "GET /posts/{}": {"404"},
    "POST /posts": {"401"},
    "PUT /posts/{}": {"401", "403", "404"},
    "PATCH /posts/{}": {"401", "403", "404"},
    "DELETE /posts/{}": {"401", "403", "404"},
    "POST /users": {"409"},
}


@pytest.mark.roadmap("5.3")
class TestDocumentation:
    def test_every_operation_has_a_description(self, document: Json) -> None:
        found = operations(document, "posts", "users")
        bare = [route for route, operation in found.items() if not operation.get("description")]
        assert found, "no operation below /posts or /users is documented"
        assert bare == [], f"without a description: {bare}"

    def test_the_body_of_a_post_has_an_example(self, document: Json) -> None:
        body = operations(document, "posts").get("POST /posts", {}).get("requestBody", {})
        content = body.get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        model = document.get("components", {}).get("schemas", {}).get(name, {})
        fields = [model.get("properties", {}).get(field, {}) for field in ("title", "content")]
        given = any(
            part.get("example") or part.get("examples") for part in (content, model, *fields)
        )
        assert given, "the body of POST /posts has no example"


@pytest.mark.roadmap("5.4")
@pytest.mark.parametrize(("route", "statuses"), REFUSALS.items())
def test_refusals_are_documented(document: Json, route: str, statuses: set[str]) -> None:
    responses = operations(document, "posts", "users").get(route, {}).get("responses", {})
    documented = {status for status, answer in responses.items() if answer.get("content")}
    assert statuses <= documented, f"{route} does not document {statuses - documented}"
