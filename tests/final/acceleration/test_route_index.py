"""Routes by the first words of their paths: found as they would be among all others."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from final.acceleration.route_index import RouteIndex
from final.main import create_app
from tests.support.server import make_settings


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Return an app that need not run."""
    return create_app(make_settings("sqlite://", acceleration=True))


def index_of(app: FastAPI) -> RouteIndex:
    """Return the index of an app, complete."""
    index = app.router.middleware_stack
    assert isinstance(index, RouteIndex)
    index.rebuild()
    return index


def test_every_path_is_tried_by_the_router_that_has_it(app: FastAPI) -> None:
    index = index_of(app)
    for number, entry in enumerate(app.router.routes):
        for route in iter_route_contexts([entry]):
            for filling in ("1", "word", "a+b"):
                path = fill(route.path or "", filling)
                tried = index.find(path).routes
                assert app.router.routes[number] in tried, path
                assert tried == [other for other in app.router.routes if other in tried]


def fill(template: str, word: str) -> str:
    """Return a path that a template matches."""
    return "/".join(word if "{" in part else part for part in template.split("/"))


def test_what_is_tried_does_not_grow_with_the_number_of_products() -> None:
    app = FastAPI()
    for number in range(100):
        router = APIRouter(prefix=f"/api/v1/product-{number}")
        router.add_api_route("", lambda: "list")
        router.add_api_route("/{thing}", lambda: "thing")
        app.include_router(router)
    index = RouteIndex(app.router)
    index.rebuild()
    assert [len(index.find(f"/api/v1/product-7{rest}").routes) for rest in ("", "/3")] == [1, 1]
    assert index.find("/api/v1/product-100").routes == []


def test_routes_added_later_are_found() -> None:
    app = FastAPI()
    app.router.middleware_stack = RouteIndex(app.router)
    client = TestClient(app)
    assert client.get("/later").status_code == 404
    app.add_api_route("/later", lambda: "here")
    assert client.get("/later").json() == "here"


def test_a_prefix_in_the_path_is_passed_over() -> None:
    app = FastAPI()
    app.router.middleware_stack = RouteIndex(app.router)
    app.add_api_route("/thing", lambda: "here")
    client = TestClient(app, root_path="/hub")
    assert [client.get(path).status_code for path in ("/thing", "/hub/thing", "/hubthing")] == [
        200,
        200,
        404,
    ]
