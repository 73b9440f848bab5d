"""Who may do what: one row for every route, one column for every kind of caller."""

from typing import Any

from sqlmodel import delete

from final.users.mail.tokens import issue_token
from final.users.models import MailToken
from tests.support.books import ORWELL, add_books
from tests.support.posts import POST, picture
from tests.support.server import PASSWORD, Person, Server

ACTORS = ["anonymous", "deactivated", "other", "owner", "admin"]
OPEN, SIGNED_IN, OWNER = "200 200 200 200 200", "401 401 200 200 200", "401 401 403 200 200"
# Open to everyone, but a token that is shown has to be good.
OPEN_BUT = "200 401 200 200 200"

# A path's {user_id}, {link_id} and {key} are the owner's, {book_id} is a book on the owner's shelf.
# The actors call in the order of the columns.
TABLE = {
    "GET /": OPEN,
    "GET /health": OPEN,
    "GET /health/ready": OPEN,
    "GET /metrics": OPEN,
    "POST /auth/register": "201 201 201 201 201",
    "POST /api/auth/register": "201 201 201 201 201",
    "POST /api/v1/users": "201 201 201 201 201",
    "POST /users": "201 201 201 201 201",
    "POST /auth/token": OPEN,
    "POST /api/auth/login": OPEN,
    "POST /api/auth/refresh": "422 401 200 200 200",
    "POST /api/auth/logout": "401 401 204 204 204",
    "POST /api/auth/logout-all": "401 401 204 204 204",
    "POST /api/auth/password": "401 401 204 204 204",
    "POST /api/auth/forgot-password": "202 202 202 202 202",
    "POST /api/auth/reset-password": "400 400 400 400 400",
    "POST /api/auth/verify-email/request": "401 401 202 202 202",
    "POST /api/auth/verify-email": "400 400 400 400 400",
    "GET /account/reset-password": OPEN,
    "POST /account/reset-password": "400 400 400 400 400",
    "GET /account/verify-email": OPEN,
    "POST /account/verify-email": "400 400 400 400 400",
    "GET /api/auth/tokens": SIGNED_IN,
    "POST /api/auth/tokens": "401 401 201 201 201",
    "DELETE /api/auth/tokens/{token_id}": "401 401 404 204 404",
    "GET /api/auth/me": SIGNED_IN,
    "GET /users/me": SIGNED_IN,
    "GET /api/v1/users/me": SIGNED_IN,
    "GET /api/users/": SIGNED_IN,
    "POST /api/users/": "401 401 403 403 201",
    "GET /api/users/{user_id}": SIGNED_IN,
    "PUT /api/users/{user_id}": OWNER,
    "DELETE /api/users/{user_id}": "401 401 403 204 204",
    "GET /api/users/{user_id}/export": OWNER,
    "GET /api/v1/users": OPEN,
    "GET /users": OPEN,
    "GET /api/v1/users/{user_id}": OPEN,
    "GET /users/{user_id}": OPEN,
    "GET /books": OPEN,
    "POST /books": "401 401 403 403 201",
    "GET /books/{book_id}": OPEN,
    "GET /books/{book_id}/reviews": OPEN,
    "PUT /books/{book_id}": "401 401 403 403 200",
    "PATCH /books/{book_id}": "401 401 403 403 200",
    "DELETE /books/{book_id}": "401 401 403 403 204",
    "GET /my-library": SIGNED_IN,
    "GET /my-library/export": SIGNED_IN,
    "POST /my-library/import": SIGNED_IN,
    "POST /my-library/{book_id}": "401 401 201 409 201",
    "PATCH /my-library/{book_id}": "401 401 404 200 404",
    "DELETE /my-library/{book_id}": "401 401 404 204 404",
    "POST /links": "401 401 201 201 201",
    # A token that means nothing is refused where none is needed: it is not one's own list.
    "GET /links": "200 401 200 200 200",
    "POST /links/check": "401 401 202 202 202",
    "GET /links/tags": SIGNED_IN,
    "PATCH /links/tags/{tag:path}": "401 401 404 200 404",
    "DELETE /links/tags/{tag:path}": "401 401 404 204 404",
    "GET /links/{link_id}": "200 401 200 200 200",
    "PATCH /links/{link_id}": "401 401 403 200 403",
    "DELETE /links/{link_id}": "401 401 403 204 404",
    "GET /links/{key}/stats": "401 401 404 200 404",
    "GET /links/qrcode/": SIGNED_IN,
    "GET /links/export": SIGNED_IN,
    "POST /links/import": SIGNED_IN,
    "POST /shorten/": "401 401 201 201 201",
    "DELETE /by_url/": "401 401 404 200 404",
    "DELETE /by_key/": "401 401 404 200 404",
    "GET /link/title/": SIGNED_IN,
    "GET /{key}+": OPEN_BUT,
    "GET /{key}": "302 302 302 302 302",
    **{
        f"{method} {prefix}/posts{path}": answers
        for prefix in ("", "/api/v1")
        for method, path, answers in [
            ("GET", "", OPEN),
            ("POST", "", "401 401 201 201 201"),
            ("GET", "/export", OPEN),
            ("GET", "/tags", OPEN),
            ("GET", "/feed.atom", OPEN),
            ("GET", "/by-slug/{slug}", OPEN_BUT),
            ("GET", "/images/{name}", OPEN_BUT),
            ("GET", "/{post_id}", OPEN_BUT),
            ("PUT", "/{post_id}", "401 401 403 200 403"),
            ("PATCH", "/{post_id}", "401 401 403 200 403"),
            ("DELETE", "/{post_id}", "401 401 403 204 204"),
            ("POST", "/{post_id}/image", "401 401 403 200 403"),
        ]
    },
}
# The same routes when they are asked for more, or for what its owner keeps to themselves.
VARIANTS = {
    "DELETE /api/users/{user_id}?purge=true": "401 401 403 204 404",
    "GET /api/users/?is_active=false": "401 401 403 403 200",
    "GET /links?view=mine": SIGNED_IN,
    "GET /links?broken=true": SIGNED_IN,
    "GET /links/{private_id}": "404 401 404 200 404",
    "PATCH /links/{private_id}": "401 401 404 200 404",
    "DELETE /links/{private_id}": "401 401 404 204 404",
    "GET /links/{private_key}/stats": "401 401 404 200 404",
    "GET /{private_key}+": "404 401 404 200 404",
    # Whoever has the letter has its account, whatever else they come with.
    "POST /api/auth/reset-password#letter": "204 204 204 204 204",
    "POST /api/auth/verify-email#letter": "204 204 204 204 204",
}
KEY = "owners-link"
# A token that was in no letter.
LETTER = {"token": "made-up", "new_password": "or maybe five of them"}
# The documentation is for everyone and comes from a library.
DOCUMENTATION = {"/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"}


def body(route: str, actor: str, who: Person | None) -> dict[str, Any]:
    """Build a valid body for a route, with names that nobody else uses."""
    account = {"username": f"new-{actor}", "email": f"{actor}@new.org", "password": PASSWORD}
    token = who.tokens["refresh_token"] if who else None
    bodies: dict[str, dict[str, Any]] = {
        "POST /auth/register": {"json": account},
        "POST /api/auth/register": {"json": account},
        "POST /api/v1/users": {"json": account},
        "POST /users": {"json": account},
        "POST /api/users/": {"json": account},
        "POST /auth/token": {"data": {"username": "somebody", "password": PASSWORD}},
        "POST /api/auth/login": {"json": {"email": "somebody", "password": PASSWORD}},
        "POST /api/auth/refresh": {"json": {"refresh_token": token}},
        "POST /api/auth/password": {
            "json": {"current_password": PASSWORD, "new_password": "or maybe five of them"}
        },
        "POST /api/auth/forgot-password": {"json": {"email": "somebody@example.com"}},
        "POST /api/auth/reset-password": {"json": LETTER},
        "POST /api/auth/verify-email": {"json": LETTER},
        "POST /account/reset-password": {"data": LETTER},
        "POST /account/verify-email": {"data": LETTER},
        "POST /api/auth/tokens": {"json": {"name": "Backup"}},
        "PUT /api/users/{user_id}": {"json": {"first_name": actor}},
        "POST /books": {"json": ORWELL | {"isbn": "9780306406157"}},
        "PUT /books/{book_id}": {"json": ORWELL},
        "PATCH /books/{book_id}": {"json": {"title": actor}},
        "PATCH /my-library/{book_id}": {"json": {"progress": 50}},
        "POST /links": {"json": {"title": actor, "url": "https://example.com/"}},
        "PATCH /links/{link_id}": {"json": {"title": actor}},
        "PATCH /links/{private_id}": {"json": {"title": actor}},
        "PATCH /links/tags/{tag:path}": {"json": {"name": "mine"}},
        "POST /my-library/import": {"files": {"file": b"Title,ISBN13\nx,y"}},
        "POST /links/import": {"files": {"file": b"<DT><A HREF='https://example.com/'>x</A>"}},
        "POST /shorten/": {"json": {"title": actor, "original_url": "https://example.com/"}},
        "GET /links/qrcode/": {"params": {"key": KEY}},
        "DELETE /by_key/": {"params": {"key": KEY}},
        "DELETE /by_url/": {"params": {"url": "https://example.org/"}},
        "GET /link/title/": {"params": {"url": "http://127.0.0.1/"}},
        "GET /{key}": {"follow_redirects": False},
    }
    if "/posts" in route:
        return post_body(route)
    return bodies.get(route, {})


def post_body(route: str) -> dict[str, Any]:
    """Build a valid body for a route of posts."""
    if route.endswith("/image"):
        return {"files": {"file": picture()}}
    return {} if route.startswith(("GET", "DELETE")) else {"json": POST}


def new_post(server: Server, owner: Person, path: str) -> dict[str, str]:
    """Publish a post for one call, and return what its paths name it by."""
    if "/posts/{" not in path and "{slug}" not in path and "{name}" not in path:
        return {}
    post = server.call("POST", "/posts", owner, json=POST).json()
    if "{name}" in path:
        upload = f"/posts/{post['id']}/image"
        post = server.call("POST", upload, owner, files={"file": picture()}).json()
    image = (post["image_url"] or "").rpartition("/")[2]
    return {"post_id": post["id"], "slug": post["slug"], "name": image}


def letter(server: Server, owner: Person, route: str) -> dict[str, Any]:
    """Return the body with the token of a letter to the owner, where the route asks for one."""
    purpose: Any = "reset" if "reset" in route else "verify"

    async def write(session: Any) -> str:
        await session.exec(delete(MailToken))
        return await issue_token(session, owner.id, purpose)

    return {"json": LETTER | {"token": server.in_session(write)}}


class Segments(str):
    """What stands for `{tag:path}` in a path."""

    def __format__(self, _kind: str) -> str:
        """Write it as it is."""
        return str(self)


def belongings(server: Server, owner: Person) -> dict[str, int | str]:
    """Let somebody have a link and a book on the shelf; return what paths name them by."""
    (book_id,) = add_books(server, ORWELL)
    server.call("POST", f"/my-library/{book_id}", owner)
    link = {"alias": KEY, "title": "Mine", "original_url": "https://example.org/"}
    link_id = server.call("POST", "/shorten/", owner, json=link).json().get("id")
    server.call("PATCH", f"/links/{link_id}", owner, json={"tags": ["mine"]})
    diary = {"title": "Diary", "url": "https://example.net/", "is_private": True}
    private = server.call("POST", "/links", owner, json=diary).json()
    names = {"user_id": owner.id, "book_id": book_id, "link_id": link_id, "key": KEY}
    names |= {"private_id": private.get("id"), "private_key": private.get("short_code")}
    token_id = server.call("POST", "/api/auth/tokens", owner, json={"name": "x"}).json()["id"]
    return names | {"token_id": token_id, "tag": Segments("mine")}
