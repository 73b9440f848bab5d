"""Stage 6: background work, images, WebSockets."""

from io import BytesIO
from typing import Any

import pytest

from tests.capstones import folder as folders
from tests.capstones.guest import UNKNOWN_ID, Guest
from tests.capstones.posts.writing import path_of, read, write
from tests.capstones.shared import check_refusal
from tests.course.target import Target
from tests.course.visitor import Json

MAX_IMAGE = 5 * 1024 * 1024


@pytest.mark.roadmap("6.1")
def test_there_is_background_work(target: Target) -> None:
    texts = [file.read_text("utf-8") for file in folders.files(folders.folder_of(target), "*.py")]
    used = [text for text in texts if "add_task" in text or "BackgroundTasks" in text]
    assert used, "nowhere in your code is a BackgroundTasks"


def picture(kind: str = "PNG") -> bytes:
    """Paint a small picture."""
    image = pytest.importorskip("PIL.Image", reason="needs pillow to paint a picture")
    file = BytesIO()
    image.new("RGB", (8, 6), "teal").save(file, kind)
    return file.getvalue()


def upload(guest: Guest, post: Json, content: bytes, expect: int | tuple[int, ...]) -> Any:
    """Send an image that claims to be a PNG."""
    files = {"file": ("picture.png", content, "image/png")}
    return guest.post(f"{path_of(post)}/image", files=files, expect=expect)


@pytest.mark.roadmap("6.2")
class TestImages:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_a_picture_is_kept(self, author: Guest, post: Json, kind: str) -> None:
        url = upload(author, post, picture(kind), (200, 201)).json()["image_url"]
        assert read(author, post)["image_url"] == url, "the post does not show its image"
        shown = author.get(url, expect=200)
        assert shown.headers["content-type"] == f"image/{kind.lower()}"

    def test_what_is_no_picture_is_refused(self, author: Guest, post: Json) -> None:
        check_refusal(upload(author, post, b"<script>alert(1)</script>", 415))

    def test_what_is_too_large_is_refused(self, author: Guest, post: Json) -> None:
        check_refusal(upload(author, post, picture() + bytes(MAX_IMAGE), 413))

    def test_only_the_author_may(self, visitor: Guest, other: Guest, post: Json) -> None:
        check_refusal(upload(visitor, post, picture(), 401))
        check_refusal(upload(other, post, picture(), 403))

    def test_there_must_be_a_post(self, author: Guest) -> None:
        check_refusal(upload(author, {"id": UNKNOWN_ID}, picture(), 404))


@pytest.mark.roadmap("6.3")
class TestLive:
    def test_a_new_post_is_announced_to_all(self, visitor: Guest, author: Guest) -> None:
        with visitor.channel("/ws") as first, visitor.channel("/ws") as second:
            post = write(author)
            for message in (first.receive(), second.receive()):
                assert message["type"] == "post.created"
                heard = (message["post"]["id"], message["post"]["title"])
                assert heard == (post["id"], post["title"])

    def test_a_draft_is_not(self, visitor: Guest, author: Guest) -> None:
        with visitor.channel("/ws") as channel:
            write(author, published=False)
            post = write(author)
            assert channel.receive()["post"]["id"] == post["id"], "the draft was announced"

    def test_who_leaves_disturbs_nobody(self, visitor: Guest, author: Guest) -> None:
        with visitor.channel("/ws") as channel:
            with visitor.channel("/ws"):
                pass
            post = write(author)
            assert channel.receive()["post"]["id"] == post["id"]
