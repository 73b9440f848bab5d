"""Files in a folder."""

from pathlib import Path

import anyio


class Folder:
    """A folder of this machine, or of a network drive."""

    def __init__(self, path: Path) -> None:
        """Name the folder; it is made with the first file."""
        self.path = path

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file."""
        path = anyio.Path(self.path, name)
        await path.parent.mkdir(parents=True, exist_ok=True)
        await path.write_bytes(content)

    async def get(self, name: str) -> bytes | None:
        """Return what a file holds, or nothing when there is none."""
        try:
            return await anyio.Path(self.path, name).read_bytes()
        except FileNotFoundError:
            return None

    async def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is no error."""
        await anyio.Path(self.path, name).unlink(missing_ok=True)
