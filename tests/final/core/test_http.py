"""Both slash forms, HEAD, Allow, headers, CORS, and errors that tell no secrets."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from final.core.config import Settings
from final.main import create_app
from tests.support.server import Server, make_settings


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
        ],
    )
    def test_405_lists_what_is_allowed(
        self, server: Server, method: str, path: str, allow: str
    ) -> None:
        response = server.client.request(method, path)
        assert (response.status_code, response.headers["Allow"]) == (405, allow)

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
