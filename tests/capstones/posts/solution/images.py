"""Images: their kind and their size are looked at, their names are made here."""

from typing import Annotated
from uuid import uuid4

from fastapi import Depends, HTTPException, UploadFile
from PIL import Image

from .config import settings

MAX_BYTES = 5 * 1024 * 1024


def store_image(file: UploadFile) -> str:
    """Store an image and return its address, or answer 413 or 415."""
    if (file.size or 0) > MAX_BYTES:
        raise HTTPException(413, "An image has at most 5 MB")
    try:
        with Image.open(file.file, formats=["PNG", "JPEG", "WEBP", "GIF"]) as image:
            name = f"{uuid4().hex}.{image.format}".lower()
    except (OSError, Image.DecompressionBombError):
        raise HTTPException(415, "This is no PNG, JPEG, WebP or GIF") from None
    file.file.seek(0)
    (settings.media_dir / name).write_bytes(file.file.read())
    return f"/media/{name}"


StoredImage = Annotated[str, Depends(store_image)]
