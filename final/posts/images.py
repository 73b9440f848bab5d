"""Images: decoded, painted anew without a trace of metadata, kept under a generated name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import BinaryIO
from uuid import uuid4

import anyio
from PIL import Image, ImageCms, ImageOps

from final.core.storage.files import Files
from final.posts.errors import ImageTooLarge, NotAnImage

MAX_BYTES = 5 * 1024 * 1024
# A form has boundaries and headers around its file.
MAX_FORM = MAX_BYTES + 64 * 1024
MAX_PIXELS = 24_000_000
# A picture one pixel high and millions wide takes seconds to encode; no format needs more.
MAX_SIDE = 16_383
SUFFIXES = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
# What an image is served with: it is nobody else's, and nothing in it runs.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
    "Vary": "Authorization",
}

SRGB = ImageCms.createProfile("sRGB")

# Pillow would only warn of a bomb; `repaint` counts the pixels itself and refuses.
Image.MAX_IMAGE_PIXELS = None
# A decoded picture takes a hundred megabytes: one at a time.
one_at_a_time = anyio.CapacityLimiter(1)


class ImageStore:
    """The images of posts, wherever files are kept."""

    def __init__(self, files: Files) -> None:
        """Take the place for files."""
        self.files = files

    async def add(self, file: BinaryIO) -> str:
        """Store what an upload shows, or raise `NotAnImage` or `ImageTooLarge`."""
        suffix, content = await anyio.to_thread.run_sync(repaint, file, limiter=one_at_a_time)
        name = f"{uuid4().hex}.{suffix}"
        await self.files.put(path(name), content)
        return name

    @asynccontextmanager
    async def tentative(self, name: str) -> AsyncIterator[None]:
        """Remove an image again when the block, which is to make use of it, fails."""
        try:
            yield
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.remove(name)
            raise

    async def remove(self, name: str | None) -> None:
        """Remove an image; one that is gone already is no error."""
        if name is not None:
            await self.files.remove(path(name))

    async def read(self, name: str) -> bytes | None:
        """Return an image, or nothing: it may have been replaced a moment ago."""
        return await self.files.get(path(name))


def path(name: str) -> str:
    """Return the name of an image among all files."""
    return f"posts/{name}"


def to_srgb(image: Image.Image) -> Image.Image:
    """Turn the colours of an image that brings a profile of its own into those of the web."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    opaque = image.convert("RGB") if image.mode in ("P", "PA", "RGBA", "LA") else image
    try:
        converted = ImageCms.profileToProfile(opaque, BytesIO(profile), SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # broken, or made for other colours
        return image
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def repaint(file: BinaryIO) -> tuple[str, bytes]:
    """Decode an image and encode its pixels again; whatever else was in the file stays behind.

    Of an animation the first picture is kept. A camera's note which side is up is obeyed before
    it is dropped.
    """
    try:
        kind, clean = decode(file)
    except ImageTooLarge:
        raise
    except Exception as error:  # decoders meet broken input with every exception there is
        raise NotAnImage from error
    clean.info.clear()
    painted = BytesIO()
    clean.save(painted, kind)
    return SUFFIXES[kind], painted.getvalue()


def decode(file: BinaryIO) -> tuple[str, Image.Image]:
    """Read the kind of an image and its pixels, the right side up and in the colours of the web."""
    with Image.open(file, formats=list(SUFFIXES)) as image:
        if max(image.size) > MAX_SIDE or image.width * image.height > MAX_PIXELS:
            raise ImageTooLarge
        # MPO is a JPEG with more pictures behind the first, as telephones make them.
        kind = "JPEG" if image.format == "MPO" else image.format or ""
        upright = to_srgb(ImageOps.exif_transpose(image))
        if upright.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off
            upright = upright.point(lambda value: value * (1 / 256)).convert("L")
        mode = "RGBA" if upright.has_transparency_data and kind != "JPEG" else "RGB"
        return kind, upright.convert(mode)
