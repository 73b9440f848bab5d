"""Images: what is accepted, what becomes of it, and that nothing is left behind."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from final.posts.images import MAX_BYTES, ImageStore, repaint
from tests.support.posts import (
    ADOBE_RGB,
    DISPLAY_P3,
    POSTS,
    SRGB,
    color_profile,
    paint,
    picture,
    upload,
    write,
)
from tests.support.server import Person, Server

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def post_id(server: Server, ada: Person) -> int:
    """Return the number of a post."""
    return int(write(server, ada)["id"])


@pytest.fixture
def directory(server: Server) -> Path:
    """Return where images are kept."""
    path: Path = server.resources.settings.media_dir / "posts"
    for file in path.glob("*"):
        file.unlink()
    return path


def served(server: Server, answer: Any) -> Any:
    """Fetch the image that an answer names."""
    assert answer.status_code == 200, answer.text
    return server.get(answer.json()["image_url"])


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_pictures_are_kept_in_their_kind(
    server: Server, ada: Person, post_id: int, kind: str, media_type: str
) -> None:
    response = served(server, upload(server, ada, post_id, paint(kind)))
    image = Image.open(BytesIO(response.content))
    assert (image.format, image.size) == (kind, (8, 6))
    assert response.headers["Content-Type"] == media_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_metadata_is_gone_but_its_orientation_obeyed(
    server: Server, ada: Person, post_id: int, kind: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "taken at home"
    response = served(server, upload(server, ada, post_id, paint(kind, exif=exif)))
    image = Image.open(BytesIO(response.content))
    assert (image.size, dict(image.getexif())) == ((6, 8), {})
    assert b"taken at home" not in response.content


def test_texts_in_a_picture_are_gone(server: Server, ada: Person, post_id: int) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    content = paint(pnginfo=info) + b"<script>alert(2)</script>"
    response = served(server, upload(server, ada, post_id, content))
    assert b"script" not in response.content


def test_transparency_stays(server: Server, ada: Person, post_id: int) -> None:
    file = BytesIO()
    Image.new("RGBA", (2, 2), (255, 0, 0, 0)).save(file, "PNG")
    response = served(server, upload(server, ada, post_id, file.getvalue()))
    assert Image.open(BytesIO(response.content)).getpixel((0, 0)) == (255, 0, 0, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        SVG,
        b"\x89PNG\r\n\x1a\n" + SVG,
        b"GIF89a" + SVG,
        b"\xff\xd8\xff\xe0" + b"\0" * 64,
        paint("PNG")[:45],
        paint("JPEG")[:300],
        paint("BMP"),
        paint("TIFF"),
        b"%PDF-1.4",
    ],
    ids=range(11),
)
def test_anything_else_is_415(
    server: Server, ada: Person, post_id: int, directory: Path, content: bytes
) -> None:
    assert upload(server, ada, post_id, content).status_code == 415
    assert list(directory.glob("*")) == []


def test_a_pixel_bomb_is_413(server: Server, ada: Person, post_id: int) -> None:
    file = BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    assert len(file.getvalue()) < MAX_BYTES
    assert upload(server, ada, post_id, file.getvalue()).status_code == 413


@pytest.mark.parametrize("extra", [1, 200_000, 8_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_more_than_5_mb_is_413(
    server: Server, ada: Person, post_id: int, directory: Path, extra: int, chunked: bool
) -> None:
    content = paint() + b"\0" * (MAX_BYTES - len(paint()) + extra)
    request = server.client.build_request(
        "POST", f"{POSTS}/{post_id}/image", headers=ada.headers, files={"file": picture(content)}
    )
    body = request.read()
    headers = ada.headers | {"Content-Type": request.headers["Content-Type"]}
    sent: Any = (body[at : at + 65_536] for at in range(0, len(body), 65_536)) if chunked else body
    response = server.client.post(f"{POSTS}/{post_id}/image", content=sent, headers=headers)
    assert response.status_code == 413
    assert response.json()["detail"]
    assert list(directory.glob("*")) == []


def test_exactly_5_mb_pass(server: Server, ada: Person, post_id: int) -> None:
    content = paint() + b"\0" * (MAX_BYTES - len(paint()))
    assert upload(server, ada, post_id, content).status_code == 200


@pytest.mark.parametrize("name", ["../../evil.py", "a.svg", "a\0b.png", "x" * 500, ".."])
def test_the_name_of_the_file_means_nothing(
    server: Server, ada: Person, post_id: int, directory: Path, name: str
) -> None:
    files = {"file": picture(name=name)}
    answer = server.call("POST", f"{POSTS}/{post_id}/image", ada, files=files)
    assert answer.status_code == 200
    assert [path.suffix for path in directory.iterdir()] == [".png"]


@pytest.mark.parametrize(
    "body", [{}, {"data": {"file": "text"}}, {"files": {"image": picture()}}, {"json": {}}]
)
def test_no_file_is_422(server: Server, ada: Person, post_id: int, body: dict[str, Any]) -> None:
    response = server.call("POST", f"{POSTS}/{post_id}/image", ada, **body)
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"--x--", "multipart/form-data; boundary=x"),
        (b"\0" * 100, "multipart/form-data; boundary=x"),
    ],
    ids=range(4),
)
def test_a_broken_form_is_a_client_error(
    server: Server, ada: Person, post_id: int, body: bytes, kind: str
) -> None:
    headers = ada.headers | {"Content-Type": kind}
    answer = server.client.post(f"{POSTS}/{post_id}/image", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


def test_a_photograph_with_more_pictures_behind_it_is_a_jpeg(
    server: Server, ada: Person, post_id: int
) -> None:
    file = BytesIO()
    pictures = [Image.new("RGB", (8, 6), color) for color in ("red", "blue")]
    pictures[0].save(file, "MPO", save_all=True, append_images=pictures[1:])
    response = upload(server, ada, post_id, file.getvalue())
    assert response.status_code == 200, response.text
    assert response.json()["image_url"].endswith(".jpg")


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    ramp = Image.new("I;16", (256, 1))
    ramp.putdata([shade * 257 for shade in range(256)])
    file = BytesIO()
    ramp.save(file, "PNG")
    file.seek(0)
    _, content = repaint(file)
    with Image.open(BytesIO(content)) as image:
        assert [image.convert("L").getpixel((x, 0)) for x in (0, 64, 128)] == [0, 64, 128]


# What the colour (200, 120, 100) of a screen is in those of the web, and of some greys and edges.
@pytest.mark.parametrize(
    ("primaries", "color"),
    [(DISPLAY_P3, (214, 116, 95)), (ADOBE_RGB, (224, 121, 99)), (SRGB, (201, 121, 100))],
    ids=["Display P3", "Adobe RGB", "sRGB"],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_colours_look_the_same_without_their_profile(
    primaries: Any, color: tuple[int, ...], kind: str
) -> None:
    photograph = Image.new("RGB", (16, 16), (200, 120, 100))
    repainted = open_repainted(photograph, kind, icc_profile=color_profile(primaries))
    assert "icc_profile" not in repainted.info
    seen: Any = repainted.convert("RGB").getpixel((8, 8))
    assert max(abs(one - other) for one, other in zip(seen, color, strict=True)) <= 4


def test_transparency_and_profile_go_together() -> None:
    glass = Image.new("RGBA", (16, 16), (200, 120, 100, 77))
    seen: Any = open_repainted(glass, "PNG", icc_profile=color_profile(DISPLAY_P3)).getpixel((8, 8))
    assert seen[3] == 77
    assert seen[0] > 205


@pytest.mark.parametrize("profile", [b"rubbish", color_profile(SRGB)[:200]])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "1"])
def test_a_profile_that_does_not_fit_is_left_alone(profile: bytes, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = open_repainted(Image.new(mode, (16, 16)), kind, icc_profile=profile)
    assert image.size == (16, 16)


def open_repainted(image: Image.Image, kind: str, **options: Any) -> Image.Image:
    """Send an image through what uploads go through."""
    file = BytesIO()
    image.save(file, kind, **options)
    _, content = repaint(BytesIO(file.getvalue()))
    return Image.open(BytesIO(content))


def test_a_picture_that_is_all_length_is_413(server: Server, ada: Person, post_id: int) -> None:
    assert upload(server, ada, post_id, paint(size=(1, 16_384))).status_code == 413


class TestFiles:
    def test_one_that_is_replaced_goes(
        self, server: Server, ada: Person, post_id: int, directory: Path
    ) -> None:
        first, second = (upload(server, ada, post_id).json()["image_url"] for _ in range(2))
        assert [path.name for path in directory.iterdir()] == [second.rpartition("/")[2]]
        assert server.get(first).status_code == 404

    def test_it_goes_with_its_post(
        self, server: Server, ada: Person, post_id: int, directory: Path
    ) -> None:
        url = upload(server, ada, post_id).json()["image_url"]
        assert server.call("DELETE", f"{POSTS}/{post_id}", ada).status_code == 204
        assert list(directory.iterdir()) == []
        assert server.get(url).status_code == 404

    def test_one_that_is_missing_is_404(
        self, server: Server, ada: Person, post_id: int, directory: Path
    ) -> None:
        url = upload(server, ada, post_id).json()["image_url"]
        (directory / url.rpartition("/")[2]).unlink()
        assert server.get(url).status_code == 404

    @pytest.mark.parametrize("method", ["DELETE", "POST"])
    def test_a_commit_that_fails_loses_no_file_and_leaves_none_over(
        self,
        server: Server,
        ada: Person,
        post_id: int,
        directory: Path,
        method: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        url = upload(server, ada, post_id).json()["image_url"]

        async def fail(_session: AsyncSession) -> None:
            raise IntegrityError("COMMIT", None, Exception())

        async def paint_and_fail_later(images: ImageStore, file: Any) -> str:
            monkeypatch.setattr(AsyncSession, "commit", fail)
            return await add(images, file)

        add = ImageStore.add
        monkeypatch.setattr(ImageStore, "add", paint_and_fail_later)
        if method == "DELETE":
            monkeypatch.setattr(AsyncSession, "commit", fail)
        path = f"{POSTS}/{post_id}" + ("/image" if method == "POST" else "")
        body = {"files": {"file": picture()}} if method == "POST" else {}
        assert server.call(method, path, ada, **body).status_code == 409
        monkeypatch.undo()
        assert [file.name for file in directory.iterdir()] == [url.rpartition("/")[2]]
        assert server.get(url).status_code == 200

    def test_simultaneous_uploads_leave_one(
        self, server: Server, ada: Person, post_id: int, directory: Path
    ) -> None:
        request = {
            "method": "POST",
            "url": f"{POSTS}/{post_id}/image",
            "headers": ada.headers,
            "files": {"file": picture()},
        }
        answers = server.at_once(*[request] * 6)
        assert {answer.status_code for answer in answers} == {200}
        url = server.get(f"{POSTS}/{post_id}").json()["image_url"]
        assert [path.name for path in directory.iterdir()] == [url.rpartition("/")[2]]
