"""Step 6: who listens hears that a post is gone, once it is, and nothing of drafts."""

from typing import Any

import pytest

from tests.support.posts import POSTS, write
from tests.support.server import Person, Server


@pytest.mark.stores("sqlite")
def test_the_end_of_a_post_is_announced(server: Server, ada: Person, bob: Person) -> None:
    draft, post = write(server, ada, published=False), write(server, ada)
    with server.client.websocket_connect("/ws") as socket:
        for who, gone, status in [(bob, post, 403), (ada, draft, 204), (ada, post, 204)]:
            answer = server.call("DELETE", f"{POSTS}/{gone['id']}", who)
            assert answer.status_code == status
        write(server, ada, "Last")
        first: Any = socket.receive_json()
        assert (first["type"], first.get("id")) == ("post.deleted", post["id"])
        assert socket.receive_json()["post"]["title"] == "Last"
