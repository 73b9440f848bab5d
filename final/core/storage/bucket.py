"""Files in a bucket: at Amazon, or wherever its protocol is spoken."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from anyio import to_thread
from obstore.exceptions import BaseError
from obstore.store import S3Store

from final.core.config import Settings
from final.core.errors import StorageUnavailable
from final.core.observability.logs import get_logger

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

logger = get_logger(__name__)

CONNECT_SECONDS, REQUEST_SECONDS, RETRY_SECONDS = 3, 15, 5


class Bucket:
    """A bucket that speaks the protocol of S3.

    The library is asked in threads: its own coroutines may still be about to wake the event loop
    while Python exits, and then the process is aborted.
    """

    def __init__(self, settings: Settings) -> None:
        """Connect to nothing yet."""
        retry: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=RETRY_SECONDS)}
        self.store = S3Store(
            settings.s3_bucket,
            config=describe_bucket(settings),
            client_options=describe_client(settings),
            retry_config=retry,
        )

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file."""
        with reached():
            await to_thread.run_sync(self._put, name, content)

    async def get(self, name: str) -> bytes | None:
        """Return what a file holds, or nothing when there is none."""
        with suppress(FileNotFoundError), reached():
            return await to_thread.run_sync(self._get, name)
        return None

    async def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is no error."""
        with suppress(FileNotFoundError), reached():
            await to_thread.run_sync(self.store.delete, name)

    def _put(self, name: str, content: bytes) -> None:
        try:
            self.store.put(name, content, use_multipart=False)
        except FileNotFoundError as error:
            raise BaseError("there is no such bucket") from error

    def _get(self, name: str) -> bytes:
        return bytes(self.store.get(name).bytes())


def describe_bucket(settings: Settings) -> "S3Config":
    """Say where the bucket is; without a key, the environment or the machine's role has one."""
    config: S3Config = {
        "region": settings.s3_region,
        "disable_bulk_delete": True,  # many services do not have it
    }
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key_id and settings.s3_secret_access_key:
        config["access_key_id"] = settings.s3_access_key_id
        config["secret_access_key"] = settings.s3_secret_access_key.get_secret_value()
    return config


def describe_client(settings: Settings) -> "ClientConfig":
    """Say how long to wait, and whether to do without encryption: only where the address does."""
    return {
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=REQUEST_SECONDS),
        "allow_http": (settings.s3_endpoint or "").startswith("http://"),
    }


@contextmanager
def reached() -> Iterator[None]:
    """Raise `StorageUnavailable` when a bucket cannot be reached, or does not let us in."""
    try:
        yield
    except BaseError as error:
        logger.error("storage unavailable", error=str(error).partition("\n")[0][:200])
        raise StorageUnavailable from error
