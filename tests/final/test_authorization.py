"""Every route lets in whom it should, and nobody else."""

import pytest
from fastapi.routing import iter_route_contexts

from tests.support.authorization import ACTORS, DOCUMENTATION, TABLE, belongings, body, new_post
from tests.support.server import Person, Server, make_settings


@pytest.mark.stores("sqlite")  # who may do what is decided without the database
@pytest.mark.parametrize("route", TABLE)
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
        answers[name] = server.call(method, url, who, **body(route, name, who)).status_code
    assert answers == dict(zip(ACTORS, map(int, TABLE[route].split()), strict=True))


def test_every_route_has_a_row() -> None:
    from final.main import create_app

    routes = {
        f"{method} {route.path}"
        for route in iter_route_contexts(create_app(make_settings("sqlite://")).routes)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path not in DOCUMENTATION
    }
    assert routes == TABLE.keys()
