"""Step 2: the history of a post is for its author; dependencies that exist say so."""

import pytest

from tests.support.posts import POSTS, write
from tests.support.server import Person, Server


@pytest.mark.stores("sqlite")
def test_a_history_is_for_the_author_alone(server: Server, ada: Person, bob: Person) -> None:
    post, draft = write(server, ada)["id"], write(server, ada, published=False)["id"]
    asked = [(post, ada), (post, None), (post, bob), (draft, ada), (draft, bob), (999, ada)]
    answers = [server.get(f"{POSTS}/{number}/history", who) for number, who in asked]
    assert [answer.status_code for answer in answers] == [200, 401, 403, 200, 404, 404]
    assert answers[0].json() == []


@pytest.mark.stores("sqlite")
def test_the_documentation_says_whom_it_refuses(server: Server) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    documented = paths[f"{POSTS}/{{post_id}}/history"]["get"]["responses"]
    assert documented.keys() >= {"200", "401", "403", "404", "422"}
