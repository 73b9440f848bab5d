"""Images: their kind and their size are looked at, their names are made here."""

from uuid import uuid4

from anyio import Path, to_thread
from fastapi import HTTPException, UploadFile
from PIL import Image, UnidentifiedImageError

from .config import settings

MAX_BYTES = 5 * 1024 * 1024
SUFFIXES = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}


def find_kind(file: UploadFile) -> str:
    """Return what a file really is, whatever it says of itself."""
    try:
        with Image.open(file.file) as image:
            return image.format or ""
    except (UnidentifiedImageError, OSError):
        return ""


async def store(file: UploadFile) -> str:
    """Store an image and return its address, or answer 413 or 415."""
    if (file.size or 0) > MAX_BYTES:
        raise HTTPException(413, "An image has at most 5 MB")
    suffix = SUFFIXES.get(await to_thread.run_sync(find_kind, file))
    if suffix is None:
        raise HTTPException(415, "This is no PNG, JPEG, WebP or GIF")
    await file.seek(0)
    name = f"{uuid4().hex}.{suffix}"
    await Path(settings.media_dir, name).write_bytes(await file.read())
    return f"/media/{name}"
