"""The shortener: short links, one's own list of them, and many over one WebSocket."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest

from tests.capstones.channel import Channel
from tests.capstones.guest import Guest, new_account
from tests.capstones.shared import check_no_password, check_refusal
from tests.capstones.targets import ENVIRONMENT, Final
from tests.course.target import RunningServer, Target
from tests.course.visitor import Json

PAGES = {"/page": "<html><head><title>My Page Title</title></head></html>", "/bare": "<p>Hello</p>"}
ALREADY = "You already have a link for this URL."


def new_url() -> str:
    """Return a URL that nobody has."""
    return f"https://example.com/{uuid4().hex}"


def new_alias() -> str:
    """Return an alias that is free."""
    return f"alias-{uuid4().hex[:20]}"


def link_request(**changes: Any) -> Json:
    """Return a request for a short link to a new URL; its title saves a look at the page."""
    return {"title": f"Title {uuid4().hex}", "original_url": new_url()} | changes


def shorten(guest: Guest, **changes: Any) -> Json:
    """Make a short link."""
    return guest.make("/shorten/", link_request(), changes, "2.2")


def own_links(guest: Guest) -> dict[int, Json]:
    """Return somebody's list, by the numbers of the links."""
    params = {"limit": 100}
    answer = guest.get("/links", params=params, expect=200, item="3.1")
    return {link["id"]: link for link in answer.json()}


def follow(visitor: Guest, key: str, expect: int = 302) -> str:
    """Go to a short URL and return where it leads."""
    answer = visitor.get(f"/{key}", follow_redirects=False, expect=expect)
    return answer.headers.get("location", "")


@pytest.fixture
def ada(visitor: Guest) -> Guest:
    """Return somebody who is logged in."""
    return visitor.join()


@pytest.fixture
def bob(visitor: Guest) -> Guest:
    """Return somebody else."""
    return visitor.join()


@pytest.mark.roadmap("1.1")
class TestRegister:
    def test_opens_an_account(self, visitor: Guest) -> None:
        account = new_account()
        answer = visitor.post("/auth/register", json=account, expect=201)
        assert answer.json()["username"] == account["username"]
        check_no_password(answer)

    @pytest.mark.parametrize("field", ["username", "email"])
    def test_refuses_what_is_taken(self, visitor: Guest, field: str) -> None:
        again = new_account(**{field: visitor.register()[field]})
        visitor.post("/auth/register", json=again, expect=409)

    @pytest.mark.parametrize("change", [{"email": "nobody"}, {"password": "pass7ch"}], ids=str)
    def test_refuses_what_is_no_account(self, visitor: Guest, change: Json) -> None:
        visitor.post("/auth/register", json=new_account(**change), expect=422)


@pytest.mark.roadmap("1.2")
class TestToken:
    def test_answers_with_a_bearer_token(self, visitor: Guest) -> None:
        account = visitor.register()
        answer = visitor.try_log_in(account["username"], account["password"], 200).json()
        assert answer["token_type"].lower() == "bearer"

    def test_refuses_wrong_name_and_wrong_password_alike(self, visitor: Guest) -> None:
        account = visitor.register()
        wrong = visitor.try_log_in(account["username"], "wrong password", 401)
        unknown = visitor.try_log_in("nobody-at-all", account["password"], 401)
        assert wrong.json() == unknown.json()


@pytest.mark.roadmap("1.3")
class TestProtected:
    def test_asks_for_a_token(self, visitor: Guest) -> None:
        check_refusal(visitor.post("/shorten/", json=link_request(), expect=401))

    def test_refuses_what_is_no_token(self, visitor: Guest) -> None:
        nobody = visitor.with_token("nonsense")
        check_refusal(nobody.post("/shorten/", json=link_request(), expect=401))


@pytest.mark.roadmap("2.1")
class TestAlias:
    def test_makes_a_short_link(self, ada: Guest) -> None:
        alias, url = new_alias(), new_url()
        link = shorten(ada, alias=alias, original_url=url)
        wanted: Json = {"alias": alias, "original_url": url, "short_code": None}
        wanted |= {"clicks": 0, "user_id": ada.id}
        assert {field: link.get(field) for field in wanted} == wanted

    def test_answers_with_every_field(self, ada: Guest) -> None:
        link = shorten(ada, alias=new_alias())
        assert {"id", "title", "short_url", "created_at"} <= link.keys()
        assert datetime.fromisoformat(link["created_at"])

    def test_the_short_url_ends_with_the_alias(self, ada: Guest) -> None:
        alias = new_alias()
        assert shorten(ada, alias=alias)["short_url"].endswith(f"/{alias}")

    def test_the_short_url_begins_as_it_is_set(self, ada: Guest, target: Target) -> None:
        if isinstance(target, RunningServer):
            pytest.skip("the tests do not know the BASE_URL of a server: use --app")
        body = link_request(alias=new_alias())
        headers = {"Host": "evil.example"}
        link = ada.post("/shorten/", json=body, headers=headers, expect=201).json()
        assert link["short_url"] == f"{ENVIRONMENT['BASE_URL']}/{body['alias']}"


@pytest.mark.roadmap("2.2")
class TestShortCode:
    def test_is_made_where_there_is_no_alias(self, ada: Guest) -> None:
        link = shorten(ada)
        assert link["alias"] is None
        assert link["short_url"].endswith(f"/{link['short_code']}")

    def test_is_another_for_another_url(self, ada: Guest) -> None:
        codes = {shorten(ada)["short_code"] for _ in range(10)}
        assert len(codes) == 10


@pytest.mark.roadmap("2.3")
class TestRedirect:
    def test_leads_to_the_url(self, visitor: Guest, ada: Guest) -> None:
        link = shorten(ada)
        assert follow(visitor, link["short_code"]) == link["original_url"]

    def test_knows_an_alias_too(self, visitor: Guest, ada: Guest) -> None:
        link = shorten(ada, alias=new_alias())
        assert follow(visitor, link["alias"]) == link["original_url"]

    def test_keeps_query_and_fragment(self, visitor: Guest, ada: Guest) -> None:
        url = f"{new_url()}?a=b&c=%20#d"
        assert follow(visitor, shorten(ada, original_url=url)["short_code"]) == url

    def test_knows_no_other_key(self, visitor: Guest) -> None:
        follow(visitor, new_alias(), expect=404)

    def test_leaves_the_other_routes_alone(self, visitor: Guest, ada: Guest) -> None:
        assert visitor.get("/openapi.json", expect=200).json()["paths"]
        assert isinstance(ada.get("/links", expect=200).json(), list)


@pytest.mark.roadmap("2.4")
class TestClicks:
    def test_every_redirect_counts(self, visitor: Guest, ada: Guest) -> None:
        link, other = shorten(ada), shorten(ada)
        for _ in range(3):
            follow(visitor, link["short_code"])
        links = own_links(ada)
        assert (links[link["id"]]["clicks"], links[other["id"]]["clicks"]) == (3, 0)

    def test_redirects_at_the_same_moment_count(self, visitor: Guest, ada: Guest) -> None:
        link = shorten(ada)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: follow(visitor, link["short_code"]), range(24)))
        assert own_links(ada)[link["id"]]["clicks"] == 24


@pytest.mark.roadmap("2.5")
class TestRefusals:
    @pytest.mark.parametrize("alias", ["ab", "x" * 31, "with blank", "sl/ash", "dot."])
    def test_refuses_what_is_no_alias(self, ada: Guest, alias: str) -> None:
        ada.post("/shorten/", json=link_request(alias=alias), expect=422)

    @pytest.mark.hardening
    @pytest.mark.parametrize("alias", ["ümlaut", "abc\n", "links", "docs"])
    def test_refuses_what_no_url_would_lead_to(self, ada: Guest, alias: str) -> None:
        ada.post("/shorten/", json=link_request(alias=alias), expect=(409, 422))

    @pytest.mark.parametrize("length", [3, 30])
    def test_takes_the_shortest_and_the_longest(self, ada: Guest, length: int) -> None:
        alias = uuid4().hex[:length]
        assert shorten(ada, alias=alias)["alias"] == alias

    @pytest.mark.parametrize("url", ["nonsense", "ftp://example.com", "javascript:alert(1)", None])
    def test_refuses_what_is_no_url(self, ada: Guest, url: str | None) -> None:
        ada.post("/shorten/", json=link_request(original_url=url), expect=422)

    def test_refuses_an_alias_that_is_taken(self, ada: Guest, bob: Guest) -> None:
        alias = shorten(ada, alias=new_alias())["alias"]
        check_refusal(bob.post("/shorten/", json=link_request(alias=alias), expect=409))

    def test_goes_on_after_a_refusal(self, ada: Guest) -> None:
        alias = shorten(ada, alias=new_alias())["alias"]
        ada.post("/shorten/", json=link_request(alias=alias), expect=409)
        shorten(ada)


@pytest.mark.roadmap("3.1")
class TestOwnList:
    def test_shows_every_field(self, ada: Guest) -> None:
        alias = new_alias()
        made = shorten(ada, alias=alias, title="Custom title for me")
        shown = own_links(ada)[made["id"]]
        wanted: Json = {
            "alias": alias,
            "title": "Custom title for me",
            "tags": [],
            "short_code": None,
        }
        assert {field: shown.get(field, "missing") for field in wanted} == wanted
        assert {"user_link_id", "default_title", "clicks", "created_at"} <= shown.keys()
        assert (shown["short_url"], shown["original_url"]) == (
            made["short_url"],
            made["original_url"],
        )

    def test_shows_nothing_of_others(self, ada: Guest, bob: Guest) -> None:
        mine = [shorten(ada)["id"] for _ in range(2)]
        shorten(bob)
        assert sorted(own_links(ada)) == sorted(mine)

    def test_asks_for_a_token(self, visitor: Guest, target: Target) -> None:
        if isinstance(target, Final):
            pytest.skip("final shows the links of all to whoever has no token, as level 5 does")
        check_refusal(visitor.get("/links", expect=401))


@pytest.mark.roadmap("3.2")
class TestSameUrl:
    def test_is_the_same_link_for_another_user(self, ada: Guest, bob: Guest) -> None:
        first = shorten(ada, title="Ada's title")
        second = shorten(bob, original_url=first["original_url"], title="Bob's title")
        assert (second["id"], second["short_code"]) == (first["id"], first["short_code"])
        titles = [own_links(guest)[first["id"]]["title"] for guest in (ada, bob)]
        assert titles == ["Ada's title", "Bob's title"]

    def test_is_refused_to_whoever_has_it(self, ada: Guest) -> None:
        again = link_request(original_url=shorten(ada)["original_url"])
        answer = ada.post("/shorten/", json=again, expect=409)
        assert answer.json() == {"detail": ALREADY}
        assert len(own_links(ada)) == 1

    def test_is_another_link_under_an_alias(self, ada: Guest, bob: Guest) -> None:
        first, alias = shorten(ada), new_alias()
        second = shorten(bob, original_url=first["original_url"], alias=alias)
        assert second["alias"] == alias
        assert second["id"] != first["id"]

    def test_an_alias_is_not_given_to_others(self, ada: Guest, bob: Guest) -> None:
        first = shorten(ada, alias=new_alias())
        second = shorten(bob, original_url=first["original_url"])
        assert second["alias"] is None, "only a link with a short code is shared"
        assert second["short_code"]


def delete(guest: Guest, kind: str, value: str, expect: int = 200) -> object:
    """Take a link out of somebody's list, by url or by key."""
    return guest.delete(f"/by_{kind}/", params={kind: value}, expect=expect).json()


@pytest.mark.roadmap("4.1")
class TestDeleteByUrl:
    def test_takes_a_link_out(self, ada: Guest) -> None:
        link, other = shorten(ada), shorten(ada)
        assert delete(ada, "url", link["original_url"]) == "Link deleted"
        assert list(own_links(ada)) == [other["id"]]

    def test_knows_what_is_not_in_the_list(self, ada: Guest, bob: Guest) -> None:
        url = shorten(bob)["original_url"]
        delete(ada, "url", url, expect=404)
        assert len(own_links(bob)) == 1, "404, but somebody else has lost the link"

    def test_makes_room_for_the_url(self, ada: Guest) -> None:
        url = shorten(ada)["original_url"]
        delete(ada, "url", url)
        shorten(ada, original_url=url)

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        delete(visitor, "url", new_url(), expect=401)


@pytest.mark.roadmap("4.2")
class TestDeleteByKey:
    @pytest.mark.parametrize("kind", ["alias", "short_code"])
    def test_takes_a_link_out(self, ada: Guest, kind: str) -> None:
        link, other = shorten(ada, alias=new_alias() if kind == "alias" else None), shorten(ada)
        assert delete(ada, "key", link[kind]) == "Link deleted"
        assert list(own_links(ada)) == [other["id"]]

    def test_knows_what_is_not_in_the_list(self, ada: Guest, bob: Guest) -> None:
        delete(ada, "key", shorten(bob)["short_code"], expect=404)
        assert len(own_links(bob)) == 1, "404, but somebody else has lost the link"

    def test_knows_no_other_key(self, ada: Guest) -> None:
        delete(ada, "key", new_alias(), expect=404)

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        delete(visitor, "key", new_alias(), expect=401)


@pytest.mark.roadmap("4.3")
class TestShared:
    @pytest.mark.parametrize("kind", ["url", "key"])
    def test_a_link_that_somebody_else_has_lives_on(
        self, visitor: Guest, ada: Guest, bob: Guest, kind: str
    ) -> None:
        link = shorten(ada)
        shorten(bob, original_url=link["original_url"])
        delete(ada, kind, link["original_url" if kind == "url" else "short_code"])
        assert list(own_links(bob)) == [link["id"]]
        assert follow(visitor, link["short_code"]) == link["original_url"]


class Page(BaseHTTPRequestHandler):
    """Answers with a page whose title a test expects."""

    def do_GET(self) -> None:
        page = PAGES.get(self.path, "").encode()
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def pages(target: Target) -> Iterator[str]:
    """Serve pages, and yield their address."""
    if isinstance(target, Final):
        pytest.skip("final fetches from public addresses only; tests/final/links has its titles")
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def read_title(guest: Guest, url: str) -> str:
    """Ask for the title of a page."""
    answer = guest.get("/link/title/", params={"url": url}, expect=200)
    kind = answer.headers.get("content-type", "")
    assert kind.startswith("text/plain"), f"the answer is {kind}"
    return answer.text


@pytest.mark.roadmap("5.1")
class TestTitle:
    def test_is_read_from_the_page(self, ada: Guest, pages: str) -> None:
        assert read_title(ada, f"{pages}/page") == "My Page Title"

    def test_a_page_may_have_none(self, ada: Guest, pages: str) -> None:
        assert read_title(ada, f"{pages}/bare") == "No Title"

    def test_a_page_may_not_be_there(self, ada: Guest, pages: str) -> None:
        assert read_title(ada, f"{pages}/lost") == "Failed to Fetch Title"

    def test_a_server_may_not_answer(self, ada: Guest) -> None:
        assert read_title(ada, "http://127.0.0.1:1/") == "Failed to Fetch Title"

    def test_becomes_the_default_title(self, ada: Guest, pages: str) -> None:
        link = shorten(ada, original_url=f"{pages}/page", title="Custom title for me")
        read_title(ada, f"{pages}/page")
        shown = own_links(ada)[link["id"]]
        assert (shown["title"], shown["default_title"]) == ("Custom title for me", "My Page Title")

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        visitor.get("/link/title/", params={"url": new_url()}, expect=401)


@pytest.mark.roadmap("5.2")
class TestQrCode:
    def test_is_a_picture(self, ada: Guest) -> None:
        params = {"key": shorten(ada)["short_code"]}
        answer = ada.get("/links/qrcode/", params=params, expect=200)
        assert answer.headers.get("content-type") == "image/png"
        assert answer.content.startswith(b"\x89PNG"), "this is no PNG"

    @pytest.mark.parametrize("kind", ["alias", "short_code"])
    def test_reads_as_the_short_url(self, ada: Guest, kind: str) -> None:
        zxing = pytest.importorskip("zxingcpp", reason="needs zxing-cpp to read a QR code")
        image = pytest.importorskip("PIL.Image")
        link = shorten(ada, alias=new_alias() if kind == "alias" else None)
        answer = ada.get("/links/qrcode/", params={"key": link[kind]}, expect=200)
        codes = zxing.read_barcodes(image.open(BytesIO(answer.content)))
        assert [code.text for code in codes] == [link["short_url"]]

    def test_there_is_none_of_nothing(self, ada: Guest) -> None:
        ada.get("/links/qrcode/", params={"key": new_alias()}, expect=404)

    def test_asks_for_a_token(self, visitor: Guest) -> None:
        visitor.get("/links/qrcode/", params={"key": new_alias()}, expect=401)


BATCH = "/ws/batch-upload/"


def ask(channel: Channel, message: object) -> Json:
    """Send a message and return the answer; news of the progress may come before it."""
    channel.send(message)
    while True:
        answer: Json = channel.receive()
        if answer.get("type") != "progress":
            return answer


def ask_item(channel: Channel, **changes: Any) -> Json:
    """Send a link and return the answer."""
    return ask(channel, {"type": "item", "data": link_request(**changes)})


@pytest.fixture
def channel(ada: Guest) -> Iterator[Channel]:
    """Yield a connection of somebody who is logged in."""
    with ada.channel(f"{BATCH}?token={ada.token}") as channel:
        yield channel


@pytest.mark.roadmap("6.1")
class TestWhoMayUpload:
    @pytest.mark.parametrize("place", ["query", "header"])
    def test_a_token_opens(self, ada: Guest, place: str) -> None:
        headers = {} if place == "query" else ada.headers
        query = f"?token={ada.token}" if place == "query" else ""
        with ada.channel(f"{BATCH}{query}", **headers) as channel:
            assert ask(channel, {"type": "start", "total": 1}) == {"type": "started", "total": 1}

    @pytest.mark.parametrize("query", ["", "?token=nonsense"])
    def test_nothing_else_does(self, visitor: Guest, query: str) -> None:
        with visitor.channel(f"{BATCH}{query}") as channel:
            message = channel.wait()
        assert message is None, f"the app goes on: {message}"
        assert channel.close_code == 1008


@pytest.mark.roadmap("6.2")
class TestUpload:
    def test_answers_item_by_item(self, channel: Channel) -> None:
        ask(channel, {"type": "start", "total": 2})
        alias = new_alias()
        first, second = ask_item(channel, alias=alias), ask_item(channel)
        wanted = {"type": "item_result", "index": 1, "status": "ok", "alias": alias}
        wanted |= {"short_code": None}
        assert {field: first.get(field) for field in wanted} == wanted
        assert first["short_url"].endswith(f"/{alias}")
        assert (second["index"], second["alias"]) == (2, None)

    def test_counts_at_the_end(self, channel: Channel) -> None:
        ask(channel, {"type": "start", "total": 3})
        for _ in range(3):
            ask_item(channel)
        finished = ask(channel, {"type": "finish"})
        assert finished == {"type": "finished", "processed": 3, "total": 3}

    def test_stores_the_links(self, ada: Guest, visitor: Guest, channel: Channel) -> None:
        ask(channel, {"type": "start", "total": 1})
        url = new_url()
        result = ask_item(channel, original_url=url)
        assert own_links(ada)[result["id"]]["original_url"] == url
        assert follow(visitor, result["short_code"]) == url


@pytest.mark.roadmap("6.3")
class TestFailures:
    def test_a_url_that_one_has_already(self, ada: Guest, channel: Channel) -> None:
        url = shorten(ada)["original_url"]
        ask(channel, {"type": "start", "total": 1})
        result = ask_item(channel, original_url=url)
        wanted = {"type": "item_result", "index": 1, "status": "error", "code": 409}
        assert result == wanted | {"detail": ALREADY}

    @pytest.mark.parametrize("change", [{"original_url": "nonsense"}, {"alias": "ab"}], ids=str)
    def test_what_is_no_link(self, channel: Channel, change: Json) -> None:
        ask(channel, {"type": "start", "total": 1})
        result = ask_item(channel, **change)
        assert (result["index"], result["status"], result["code"]) == (1, "error", 422)
        assert isinstance(result["detail"], str)

    def test_the_next_one_goes_on(self, channel: Channel) -> None:
        ask(channel, {"type": "start", "total": 3})
        url = new_url()
        results = [ask_item(channel, original_url=url) for _ in range(2)] + [ask_item(channel)]
        assert [result["status"] for result in results] == ["ok", "error", "ok"]
        finished = ask(channel, {"type": "finish"})
        assert finished == {"type": "finished", "processed": 3, "total": 3}


@pytest.mark.roadmap("6.4")
@pytest.mark.parametrize("value", ["dance", "START"])
def test_an_unknown_message_is_answered(channel: Channel, value: str) -> None:
    answer = ask(channel, {"type": value})
    assert answer == {"type": "error", "detail": f"Unknown message type: {value}"}
    assert ask(channel, {"type": "start", "total": 1}) == {"type": "started", "total": 1}
