"""A server that speaks the protocol of S3, and a bucket on it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx

from tests.support.ports import free_port
from tests.support.server import wait_for

NAME = "linkhub"


class Bucket:
    """A bucket, looked at from outside of the app."""

    def __init__(self, endpoint: str) -> None:
        """Note where it is."""
        self.url = f"{endpoint}/{NAME}"
        self.settings: dict[str, Any] = {
            "s3_bucket": NAME,
            "s3_endpoint": endpoint,
            "s3_access_key_id": "key",
            "s3_secret_access_key": "not-to-be-logged",
        }

    def create(self) -> bool:
        """Make it; tell whether there is a server yet."""
        try:
            return httpx.put(self.url).is_success
        except httpx.TransportError:
            return False

    def names(self) -> list[str]:
        """List the files in it."""
        _, *keys = httpx.get(self.url).text.split("<Key>")
        return sorted(key.partition("<")[0] for key in keys)


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    """Run a server with one bucket."""
    port = str(free_port())
    with tempfile.TemporaryDirectory() as folder:
        options = ["--hostname", "127.0.0.1", "--port", port, "--root-dir", folder]
        program = subprocess.Popen(
            [sys.executable, "-m", "locals3server", *options],
            env={"HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        bucket = Bucket(f"http://127.0.0.1:{port}")
        try:
            wait_for(bucket.create)
            yield bucket
        finally:
            program.terminate()
            program.wait(20)
