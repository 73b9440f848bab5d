"""Every route lets in whom it should, and nobody else."""

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from final.main import create_app
from final.users.dependencies import get_user_in_session
from tests.support.authorization import (
    ACTORS,
    DOCUMENTATION,
    TABLE,
    VARIANTS,
    belongings,
    body,
    letter,
    new_post,
)
from tests.support.server import Person, Server, make_settings


@pytest.mark.stores("sqlite")  # who may do what is decided without the database
@pytest.mark.parametrize("route", [*TABLE, *VARIANTS])
def test_route_lets_in_whom_it_should(
    server: Server, actors: dict[str, Person | None], route: str
) -> None:
    method, path = route.split()
    owner = actors["owner"]
    assert owner is not None
    names = belongings(server, owner)
    answers = {}
    for name, who in actors.items():
        url = path.format(**names, **new_post(server, owner, path))
        sent = letter(server, owner, route) if "#letter" in route else body(route, name, who)
        answers[name] = server.call(method, url, who, **sent).status_code
    expected = (TABLE | VARIANTS)[route].split()
    assert answers == dict(zip(ACTORS, map(int, expected), strict=True))


def test_every_route_has_a_row() -> None:
    routes = {
        f"{method} {route.path}"
        for route in iter_route_contexts(create_app(make_settings("sqlite://")).routes)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path not in DOCUMENTATION
    }
    assert routes == TABLE.keys()


def asked_by(dependant: Dependant) -> set[object]:
    """Return everything that a route asks before it is called."""
    below = (asked_by(dependency) for dependency in dependant.dependencies)
    return {dependant.call}.union(*below)


def test_a_script_may_do_what_its_owner_may_but_for_its_own_tokens() -> None:
    routes = [
        route
        for route in iter_route_contexts(create_app(make_settings("sqlite://")).routes)
        if isinstance(route.original_route, APIRoute)
    ]
    in_session = {
        route.path for route in routes if get_user_in_session in asked_by(route.dependant)
    }
    assert in_session == {"/api/auth/tokens", "/api/auth/tokens/{token_id}"}
