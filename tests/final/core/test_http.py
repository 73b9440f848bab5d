"""Both slash forms, HEAD, Allow, headers, CORS, and errors that tell no secrets."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from final.core.config import Settings
from final.main import create_app
from tests.support.posts import POSTS, paint, write
from tests.support.server import PASSWORD, Person, Server, make_settings


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Return one database: what is tested here does not depend on its kind."""
    return sqlite_url


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Return settings with an origin that is allowed."""
    return make_settings(database_url, cors_origins="https://app.example, https://b.example")


@pytest.fixture
def app(settings: Settings, apps: dict[str, FastAPI]) -> FastAPI:
    """Return an app with a route that breaks."""
    if "broken" not in apps:
        apps["broken"] = build_broken_app(settings)
    return apps["broken"]


def build_broken_app(settings: Settings) -> FastAPI:
    """Build an app with a route that breaks."""
    app = create_app(settings)

    @app.get("/broken")
    async def break_down() -> None:
        raise RuntimeError("the password is hunter2")

    return app


class TestPaths:
    @pytest.mark.parametrize("path", ["/health", "/api/users", "/users/me", "/users/1", "/docs"])
    def test_both_slash_forms_are_the_same(self, server: Server, path: str) -> None:
        ada = server.join("ada")
        bare, slashed = server.get(path, ada), server.get(f"{path}/", ada)
        assert bare.status_code == slashed.status_code == 200
        assert bare.history == slashed.history == []
        assert bare.text == slashed.text

    @pytest.mark.parametrize("path", ["/health//", "//health", "/health/x", "//"])
    def test_other_forms_are_not(self, server: Server, path: str) -> None:
        assert server.client.get(f"http://testserver{path}").status_code == 404

    @pytest.mark.parametrize("path", ["/", "/health", "/users", "/docs", "/openapi.json"])
    def test_head_is_get_without_a_body(self, server: Server, path: str) -> None:
        got, head = server.client.get(path), server.client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["Content-Length"] == str(len(got.content))

    @pytest.mark.parametrize(
        ("method", "path", "allow"),
        [
            ("PATCH", "/api/users/1", "DELETE, GET, HEAD, PUT"),
            ("PUT", "/users/", "GET, HEAD, POST"),
            ("HEAD", "/auth/token", "POST"),
            ("PATCH", "/links/export", "GET, HEAD"),
            ("DELETE", "/links/export/", "GET, HEAD"),
            ("DELETE", "/api/v1/posts/export", "GET, HEAD"),
            ("PATCH", "/posts/export", "GET, HEAD"),
            ("PUT", "/users/me", "GET, HEAD"),
            ("GET", "/links/import", "POST"),
        ],
    )
    def test_405_lists_what_is_allowed(
        self, server: Server, method: str, path: str, allow: str
    ) -> None:
        response = server.client.request(method, path)
        assert (response.status_code, response.headers["Allow"]) == (405, allow)

    @pytest.mark.parametrize("wire", ["", "/hub"])  # what a proxy may have left before the path
    @pytest.mark.parametrize("root_path", ["/hub", "/hub/"])
    def test_every_route_works_under_a_prefix(
        self, app: FastAPI, wire: str, root_path: str
    ) -> None:
        # As uvicorn does it: the prefix is put before what was asked for.
        before = root_path + wire
        with TestClient(app, root_path=root_path) as client:
            server = Server(client)
            for name in ("ada", "hub"):
                body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
                assert client.post(f"{before}/auth/register", json=body).status_code == 201
            form = {"username": "ada", "password": PASSWORD}
            tokens = client.post(f"{before}/auth/token", data=form).json()
            ada = Person(1, "ada", tokens)
            short = {"original_url": "https://example.com", "title": "x", "alias": "abc"}
            for path in ("/shorten/", "/shorten"):
                answer = server.call("POST", before + path, ada, json=short)
                assert answer.status_code in (201, 409)
            assert server.get(f"{before}/abc", follow_redirects=False).status_code == 302
            users = server.get(f"{before}/users?limit=1")
            assert users.headers["Link"].startswith("</hub/users?")
            post = server.call(
                "POST", f"{before}/posts", ada, json={"title": "Hello", "content": "x"}
            )
            assert post.headers["Location"] == "/hub/api/v1/posts/1"
            picture = server.call("POST", f"{before}/posts/1/image", ada, files={"file": paint()})
            assert picture.json()["image_url"].startswith("/hub/api/v1/posts/images/")
            assert server.get(f"{before}/openapi.json").json()["servers"][0]["url"] == "/hub"
            script = f"{before}/static-offline-docs/swagger-ui-bundle.js"
            assert server.get(script).status_code == 200
            assert '"/hub/openapi.json"' in server.get(f"{before}/docs").text.replace("'", '"')
            assert server.call("PATCH", f"{before}/links/export", ada).status_code == 405

    def test_options_lists_it_too(self, server: Server) -> None:
        response = server.client.options("/auth/token")
        assert (response.status_code, response.headers["Allow"]) == (204, "POST")

    def test_unknown_is_404(self, server: Server) -> None:
        response = server.client.get("/nothing/here")
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


class TestHeaders:
    def test_security_headers_are_on_every_answer(self, server: Server) -> None:
        for path in ("/", "/nothing", "/broken", "/users/me"):
            headers = server.client.get(path).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in headers["Content-Security-Policy"]

    def test_the_docs_may_run_their_own_script(self, server: Server) -> None:
        policy = server.client.get("/docs").headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy

    def test_https_is_pinned_in_production_only(self, server: Server, database_url: str) -> None:
        production = make_settings(database_url, environment="production", bcrypt_rounds=12)
        with TestClient(create_app(production)) as client:
            assert "Strict-Transport-Security" in client.get("/").headers
        assert "Strict-Transport-Security" not in server.client.get("/").headers

    def test_every_request_is_timed_and_numbered(self, server: Server) -> None:
        headers = server.client.get("/").headers
        assert float(headers["X-Process-Time"]) > 0
        assert len(headers["X-Request-ID"]) == 32

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [("abc-123", True), ("a" * 64, True), ("a" * 65, False), ('"><script>', False)],
    )
    def test_a_request_id_is_kept_when_harmless(
        self, server: Server, sent: str, kept: bool
    ) -> None:
        answered = server.client.get("/", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
        assert (answered == sent) is kept


class TestCors:
    def get(self, server: Server, path: str, origin: str) -> str | None:
        """Ask from a web page."""
        response = server.client.get(path, headers={"Origin": origin})
        return response.headers.get("Access-Control-Allow-Origin")

    @pytest.mark.parametrize("path", ["/", "/nothing", "/users/me", "/broken"])
    def test_lets_configured_origins_read_answers_and_errors(
        self, server: Server, path: str
    ) -> None:
        assert self.get(server, path, "https://app.example") == "https://app.example"
        assert self.get(server, path, "https://b.example") == "https://b.example"

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://app.example", "https://app.example.org"]
    )
    def test_lets_nobody_else(self, server: Server, origin: str) -> None:
        assert self.get(server, "/", origin) is None

    def test_answers_preflights(self, server: Server) -> None:
        headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "DELETE"}
        response = server.client.options("/api/users/1", headers=headers)
        assert response.status_code == 200
        assert "DELETE" in response.headers["Access-Control-Allow-Methods"]


class TestErrors:
    def test_a_fault_is_a_tidy_500(self, server: Server) -> None:
        response = server.client.get("/broken")
        assert response.status_code == 500
        assert response.json() == {"detail": "Internal Server Error"}

    @pytest.mark.parametrize(
        "body",
        [
            '{"username": "ada", "email": "nope", "password": "hunter2-hunter2x"}',
            '{"username": "hunter2-hunter2x"',
            '"hunter2-hunter2x"',
            '{"username": NaN, "email": Infinity, "password": ["hunter2-hunter2x"]}',
            '{"username": "\\ud800", "email": "\\udfff", "password": "hunter2-hunter2x\\ud800"}',
            '{"username": "a\\u0000b", "password": "hunter2-hunter2x"}',
            '{"username": 1e999, "password": "hunter2-hunter2x"}',
            "",
            "null",
            "[]",
        ],
    )
    def test_invalid_input_is_not_repeated(self, server: Server, body: str) -> None:
        headers = {"Content-Type": "application/json"}
        response = server.client.post("/auth/register", content=body, headers=headers)
        assert response.status_code == 422
        assert "hunter2" not in response.text
        assert all(item.keys() == {"type", "loc", "msg"} for item in response.json()["detail"])

    @pytest.mark.parametrize("body", [b'{"username": "\xff"}', b"[" * 100_000, b"9" * 5_000])
    def test_unreadable_input_is_a_client_error(self, server: Server, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        response = server.client.post("/auth/register", content=body, headers=headers)
        assert 400 <= response.status_code < 500

    def test_a_body_without_a_type_is_refused(self, server: Server) -> None:
        assert server.client.post("/auth/register", content=b"{}").status_code == 422

    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_body_beyond_the_limit_is_413(self, server: Server, chunked: bool) -> None:
        headers = {"Content-Type": "application/json", "Origin": "https://app.example"}
        chunks = (b"x" * 65_536 for _ in range(32))
        body = chunks if chunked else b"".join(chunks)
        response = server.client.post("/auth/register", content=body, headers=headers)
        assert (response.status_code, response.json()) == (413, {"detail": "Content Too Large"})
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"


class TestWhatIsWrong:
    """A 422 says where, in the words of whoever sent it, and once."""

    @pytest.mark.parametrize(
        ("method", "path", "body", "places"),
        [
            ("PATCH", "/links/1", {"tags": ["t"] * 25}, [["body", "tags"]]),
            ("PATCH", "/links/1", {"tags": None}, [["body", "tags"]]),
            ("PATCH", "/links/1", {"tags": ["a", "b,c"]}, [["body", "tags", 1]]),
            (
                "PATCH",
                "/links/1",
                {"title": "", "alias": 1},
                [["body", "title"], ["body", "alias"]],
            ),
            ("PATCH", "/api/v1/posts/1", {"tags": ["x" * 51]}, [["body", "tags", 0]]),
            ("PATCH", "/api/v1/posts/1", {"published": None}, [["body", "published"]]),
            ("PUT", "/api/users/1", {"email": "x"}, [["body", "email"]]),
            ("PUT", "/api/users/1", {"role": "boss"}, [["body", "role"]]),
            ("POST", "/links", {"title": "x"}, [["body", "url"]]),
            ("GET", "/links?limit=x&view=y", None, [["query", "limit"], ["query", "view"]]),
        ],
    )
    def test_is_named_as_it_was_sent(
        self, server: Server, method: str, path: str, body: Any, places: list[list[Any]]
    ) -> None:
        ada = server.join("ada")
        write(server, ada)
        response = server.call(method, path, ada, json=body)
        assert response.status_code == 422
        assert sorted(item["loc"] for item in response.json()["detail"]) == sorted(places)

    @pytest.mark.parametrize(
        ("method", "path", "options"),
        [
            ("POST", "/api/v1/posts/1/image", {"data": {"file": "x"}}),
            ("PATCH", "/links/1", {"json": {"tags": {"a": 1}, "expires_at": [], "max_clicks": {}}}),
            ("POST", "/links", {"json": [1]}),
            ("POST", "/links", {"json": {"title": [[[]]], "url": {"x": None}}}),
            ("PUT", "/api/users/1", {"json": {"username": None, "is_active": "perhaps"}}),
        ],
    )
    def test_is_said_without_internals(
        self, server: Server, method: str, path: str, options: Any
    ) -> None:
        response = server.call(method, path, server.join("ada"), **options)
        assert response.status_code == 422
        text = response.text
        assert not re.search(
            r"0x[0-9a-f]{4}|<class|function-|constrained|\[\.\.\.|None|<bound", text
        )


class TestCaches:
    @pytest.mark.parametrize(
        "path", ["/my-library", "/users/me", "/links", "/api/users/1", "/links/export"]
    )
    def test_keep_nothing_that_is_for_one_person(self, server: Server, path: str) -> None:
        said = server.get(path, server.join("ada")).headers["Cache-Control"]
        assert "private" in said or "no-store" in said

    def test_may_keep_what_is_for_everyone(self, server: Server) -> None:
        assert "Cache-Control" not in server.get("/books").headers

    def test_ask_again_for_a_post_that_somebody_may_see(self, server: Server) -> None:
        ada = server.join("ada")
        draft = write(server, ada, published=False)
        got = server.get(f"{POSTS}/{draft['id']}", ada)
        assert got.headers["Cache-Control"] == "private, no-cache"
