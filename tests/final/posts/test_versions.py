"""ETag, If-None-Match and If-Match, by RFC 9110."""

from typing import Any

import pytest

from final.core.http.conditional_requests import names
from tests.support.posts import POST, POSTS, picture, upload, write
from tests.support.server import Person, Server


@pytest.fixture
def path(server: Server, ada: Person) -> str:
    """Return the path of a post."""
    return f"{POSTS}/{write(server, ada)['id']}"


@pytest.mark.parametrize(
    ("header", "strongly", "weakly"),
    [
        ('"a"', True, True),
        ('W/"a"', False, True),
        ("*", True, True),
        ('"b", "a"', True, True),
        ('"b" ,W/"a"', False, True),
        ('"b"', False, False),
        ('"x,a"', False, False),
        ('"b, "a', False, False),
        ("a", False, False),
        ("", False, False),
        ('"A"', False, False),
        ('w/"b"', False, False),
    ],
)
def test_lists_of_tags_are_compared_as_the_standard_says(
    header: str, strongly: bool, weakly: bool
) -> None:
    assert names(header, '"a"', weakly=False) is strongly
    assert names(header, '"a"', weakly=True) is weakly


class TestReading:
    def test_the_tag_changes_with_the_post_only(
        self, server: Server, ada: Person, path: str
    ) -> None:
        tags = [server.get(path).headers["ETag"] for _ in range(2)]
        server.call("PATCH", path, ada, json={"content": "Changed"})
        tags.append(server.get(path).headers["ETag"])
        upload(server, ada, int(path.rpartition("/")[2]))
        tags.append(server.get(path).headers["ETag"])
        assert tags[0] == tags[1]
        assert len(set(tags)) == 3
        assert all(tag[0] == tag[-1] == '"' for tag in tags)

    def test_a_write_names_the_new_tag(self, server: Server, ada: Person, path: str) -> None:
        for method in ("PUT", "PATCH"):
            written = server.call(method, path, ada, json=POST | {"title": method})
            assert written.headers["ETag"] == server.get(path).headers["ETag"]

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_who_has_it_gets_304(self, server: Server, path: str, method: str) -> None:
        tag = server.get(path).headers["ETag"]
        for form in ("{}", "W/{}", '"other", {}', "*"):
            response = server.call(method, path, headers={"If-None-Match": form.format(tag)})
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["ETag"] == tag
            assert "Authorization" in response.headers["Vary"]

    def test_by_slug_too(self, server: Server, path: str) -> None:
        slug = f"{POSTS}/by-slug/hello-there"
        tag = server.get(path).headers["ETag"]
        assert server.get(slug, headers={"If-None-Match": tag}).status_code == 304

    @pytest.mark.parametrize("header", ['"other"', "nonsense", ""])
    def test_who_has_another_gets_200(self, server: Server, path: str, header: str) -> None:
        assert server.get(path, headers={"If-None-Match": header}).status_code == 200

    def test_if_match_holds_for_reading_too(self, server: Server, path: str) -> None:
        assert server.get(path, headers={"If-Match": '"other"'}).status_code == 412


class TestWriting:
    CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("PUT", "", {"json": POST | {"content": "Put"}}),
        ("PATCH", "", {"json": {"content": "Patched"}}),
        ("POST", "/image", {}),
        ("DELETE", "", {}),
    )

    @pytest.mark.stores("sqlite")
    @pytest.mark.parametrize(("method", "sub", "body"), CALLS)
    @pytest.mark.parametrize(
        ("name", "form", "passes"),
        [
            ("If-Match", "{}", True),
            ("If-Match", '"other", {}', True),
            ("If-Match", "*", True),
            ("If-Match", "W/{}", False),
            ("If-Match", '"other"', False),
            ("If-Match", "nonsense", False),
            ("If-None-Match", '"other"', True),
            ("If-None-Match", "*", False),
        ],
    )
    def test_needs_the_right_version(
        self,
        server: Server,
        ada: Person,
        path: str,
        method: str,
        sub: str,
        body: dict[str, Any],
        name: str,
        form: str,
        passes: bool,
    ) -> None:
        before = server.get(path)
        if sub:
            body = {"files": {"file": picture()}}
        headers = {name: form.format(before.headers["ETag"])}
        response = server.call(method, path + sub, ada, headers=headers, **body)
        assert response.status_code == ((204 if method == "DELETE" else 200) if passes else 412)
        if not passes:
            assert server.get(path).json() == before.json()

    def test_the_missing_is_404_whatever_the_version(self, server: Server, ada: Person) -> None:
        headers = {"If-Match": "*"}
        assert server.call("PUT", f"{POSTS}/9", ada, json=POST, headers=headers).status_code == 404

    @pytest.mark.workers
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_of_two_editors_with_one_version_one_wins(
        self, server: Server, ada: Person, path: str, method: str
    ) -> None:
        for round_number in range(5):
            tag = server.get(path).headers["ETag"]
            requests = [
                {
                    "method": method,
                    "url": path,
                    "json": POST | {"content": f"{editor} in round {round_number}"},
                    "headers": ada.headers | {"If-Match": tag},
                }
                for editor in ("one", "two")
            ]
            answers = server.at_once(*requests)
            assert sorted(answer.status_code for answer in answers) == [200, 412]
            winner = next(answer for answer in answers if answer.status_code == 200)
            assert server.get(path).json() == winner.json()
