"""Files: the same in a folder and in a bucket."""

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from final.core.config import Settings
from final.core.storage.files import open_files
from tests.support.bucket import NAME, Bucket, bucket_server
from tests.support.cli import run
from tests.support.page_site import Site
from tests.support.posts import POSTS, upload, write
from tests.support.server import Person, Server, make_settings


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    """Run a server with a bucket."""
    with bucket_server() as bucket:
        yield bucket


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_a_file_is_kept_and_removed(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = request.getfixturevalue("bucket").settings if place == "bucket" else {}
    files = open_files(make_settings("sqlite://", media_dir=tmp_path, **where))
    content = bytes(range(256)) * 30_000

    async def live() -> list[bytes | None]:
        before = await files.get("posts/a.png")
        await files.put("posts/a.png", content)
        between = await files.get("posts/a.png")
        for _ in range(2):
            await files.remove("posts/a.png")
        return [before, between, await files.get("posts/a.png")]

    assert anyio.run(live) == [None, content, None]


@pytest.mark.stores("sqlite")
class TestBucket:
    @pytest.fixture
    def settings(self, settings: Settings, bucket: Bucket) -> Settings:
        """Keep images there."""
        return make_settings(settings.database_url, **bucket.settings)

    def test_images_come_replace_each_other_and_go(
        self, server: Server, ada: Person, bucket: Bucket
    ) -> None:
        first, second = (write(server, ada)["id"] for _ in range(2))
        old, new = (upload(server, ada, first).json()["image_url"] for _ in range(2))
        other = upload(server, ada, second).json()["image_url"]
        assert bucket.names() == sorted(f"posts/{url[-36:]}" for url in (new, other))
        assert [server.get(url).status_code for url in (old, new)] == [404, 200]
        assert server.get(new).headers["Content-Type"] == "image/png"
        server.call("DELETE", f"{POSTS}/{first}", ada)
        server.call("DELETE", f"/api/users/{ada.id}?purge=true", ada)
        assert bucket.names() == []


@pytest.mark.stores("sqlite")
class TestBucketThatIsAway:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Keep images where nobody answers."""
        nowhere = {"s3_bucket": NAME, "s3_endpoint": "http://127.0.0.1:1"}
        keys = {"s3_access_key_id": "key", "s3_secret_access_key": "secret"}
        return make_settings(settings.database_url, **nowhere, **keys)

    def test_only_images_are_missed(self, server: Server, ada: Person) -> None:
        post = write(server, ada)
        answer = upload(server, ada, post["id"])
        assert (answer.status_code, answer.json()["detail"]) == (
            503,
            "Files cannot be reached at the moment",
        )
        assert server.get(f"{POSTS}/{post['id']}").json() == post


class TestChecking:
    @pytest.fixture(autouse=True)
    def environment(self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Let the command line keep images there."""
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
        for name, value in bucket.settings.items():
            monkeypatch.setenv(name.upper(), value)

    def test_a_bucket_that_takes_files_is_in_order(self, bucket: Bucket) -> None:
        assert "images     in order" in run("check").output
        assert bucket.names() == []

    @pytest.mark.parametrize("status", [403, 404])
    def test_one_that_lets_nobody_in_or_is_not_there_is_not(
        self, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        site = Site()
        answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"
        site.pages[f"/{NAME}/posts/check"] = answer.encode()
        monkeypatch.setenv("S3_ENDPOINT", site.url().rstrip("/"))
        result = run("check")
        site.close()
        assert (result.exit_code, "images     Files cannot" in result.output) == (1, True)
        assert "not-to-be-logged" not in result.output
