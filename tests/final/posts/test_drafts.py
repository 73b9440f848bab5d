"""Nobody but the author and administrators can tell that a draft exists."""

import pytest

from final.users.models import Role
from tests.support.posts import POST, POSTS, picture, titles, upload, write
from tests.support.server import Person, Server

ROUTES = [
    ("GET", "/{id}"),
    ("GET", "/by-slug/{slug}"),
    ("GET", "/images/{image}"),
    ("PUT", "/{id}"),
    ("PATCH", "/{id}"),
    ("DELETE", "/{id}"),
    ("POST", "/{id}/image"),
]


@pytest.fixture
def people(server: Server) -> dict[str, Person | None]:
    """Return callers of every kind."""
    names = {"owner": Role.USER, "other": Role.USER, "admin": Role.ADMIN}
    return {"anonymous": None, **{name: server.join(name, role) for name, role in names.items()}}


@pytest.fixture
def paths(server: Server, people: dict[str, Person | None]) -> dict[str, str]:
    """Write a draft with an image; return what stands for it in a path."""
    owner = people["owner"]
    assert owner is not None
    draft = write(server, owner, "Zebra plans", content="quagga", tags=["zoo"], published=False)
    image = upload(server, owner, draft["id"]).json()["image_url"].rpartition("/")[2]
    return {"id": str(draft["id"]), "slug": draft["slug"], "image": image}


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ("anonymous", [404, 404, 404, 401, 401, 401, 401]),
        ("other", [404] * 7),
        ("admin", [200, 200, 200, 403, 403, 204, 404]),
        ("owner", [200, 200, 200, 200, 200, 204, 404]),
    ],
)
def test_a_draft_is_there_only_for_whom_it_should_be(
    server: Server,
    people: dict[str, Person | None],
    paths: dict[str, str],
    caller: str,
    expected: list[int],
) -> None:
    answers = []
    for method, path in ROUTES:
        body = {"files": {"file": picture()}} if path.endswith("image") else {}
        if method in ("PUT", "PATCH"):
            body = {"json": POST | {"published": False}}
        url = POSTS + path.format(**paths)
        answers.append(server.call(method, url, people[caller], **body).status_code)
    assert answers == expected


@pytest.mark.parametrize("query", ["", "q=quagga", "q=zebra", "tag=zoo", "author=owner"])
def test_a_draft_is_in_no_list(
    server: Server, people: dict[str, Person | None], paths: dict[str, str], query: str
) -> None:
    for who in people.values():
        page = server.get(f"{POSTS}?{query}", who).json()
        assert (page["items"], page["total"], page["pages"]) == ([], 0, 0)


def test_a_draft_is_in_no_export(server: Server, paths: dict[str, str]) -> None:
    assert server.get(f"{POSTS}/export").text == ""
    assert "quagga" not in server.get(f"{POSTS}/export?format=csv").text


def test_another_authors_equal_title_tells_nothing_of_it(
    server: Server, people: dict[str, Person | None], paths: dict[str, str]
) -> None:
    other = people["other"]
    assert other is not None
    answer = server.call("PATCH", f"{POSTS}/{paths['id']}", other, headers={"If-Match": '"x"'})
    unknown = server.call("PATCH", f"{POSTS}/999", other, headers={"If-Match": '"x"'})
    assert (answer.status_code, answer.json()) == (unknown.status_code, unknown.json())


def test_a_post_that_becomes_a_draft_again_disappears(
    server: Server, people: dict[str, Person | None]
) -> None:
    owner = people["owner"]
    assert owner is not None
    post = write(server, owner, content="ephemeral")
    assert titles(server, "q=ephemeral") == ["Hello there"]
    server.call("PATCH", f"{POSTS}/{post['id']}", owner, json={"published": False})
    assert titles(server, "q=ephemeral") == titles(server) == []
    assert server.get(f"{POSTS}/{post['id']}").status_code == 404


def test_the_slug_of_a_draft_says_nothing_to_others(server: Server) -> None:
    ada, bob = server.join("ada"), server.join("bob")
    draft = write(server, ada, "Secret merger", published=False)
    assert draft["slug"].startswith("secret-merger-")
    assert write(server, bob, "Secret merger")["slug"] == "secret-merger"


def test_a_draft_gets_the_slug_of_its_title_when_it_is_published(server: Server) -> None:
    ada = server.join("ada")
    draft = write(server, ada, "Open secret", published=False)
    url = f"{POSTS}/{draft['id']}"
    published = server.call("PATCH", url, ada, json={"published": True}).json()
    assert published["slug"] == "open-secret"
    again = server.call("PATCH", url, ada, json={"published": False}).json()
    assert again["slug"] == "open-secret"
