"""What is asked of a place for files, whichever it is."""

from typing import Protocol

from final.core.config import Settings
from final.core.storage.folder import Folder


class Files(Protocol):
    """A place for files, each under a name such as `posts/a.png`."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file."""

    async def get(self, name: str) -> bytes | None:
        """Return what a file holds, or nothing when there is none."""

    async def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is no error."""


def open_files(settings: Settings) -> Files:
    """Return the bucket, if there is one, else the folder."""
    if settings.s3_bucket:
        from final.core.storage.bucket import Bucket  # its library only where it is used

        return Bucket(settings)
    return Folder(settings.media_dir)
