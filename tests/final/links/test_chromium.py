"""A list that goes out, read by the importer of a real Chromium."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.links import save
from tests.support.server import Person, Server, wait_for

pytestmark = pytest.mark.stores("sqlite")

# Debian's Chromium looks here for what a new profile begins with: also for a file to import.
SETTINGS = Path("/etc/chromium")
TITLES = [
    'Stevey\'s "Drunken" Blog',
    "<script>alert(1)</script> & Co",
    "&amp; &#39; &lt;b&gt; &nbsp; &hellip;",
    "</A></DL> \u2013 caf\u00e9 \u6771\u4eac \U0001f984",
    "100% {braces} [brackets] a=b; `ticks`",
]


@pytest.fixture
def settings_folder(tmp_path: Path) -> Path:
    """Return a folder that can stand in for Chromium's own, or skip the test."""
    if not SETTINGS.is_dir() or shutil.which("chromium") is None:
        pytest.skip("no Chromium of Debian on this machine (apt-get install chromium)")
    folder = tmp_path / "settings"
    folder.mkdir()
    bind = f"mount --bind {folder} {SETTINGS}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", bind], check=False).returncode:
        pytest.skip("nobody may mount a folder on this machine, not even for one process")
    return folder


def import_into_chromium(file: str, settings_folder: Path, profile: Path) -> list[Any]:
    """Let a Chromium with a new profile import a file; return its bookmarks."""
    (settings_folder / "list.html").write_text(file, "utf-8")
    first_run = {"import_bookmarks_from_file": str(SETTINGS / "list.html")}
    (settings_folder / "master_preferences").write_text(json.dumps({"distribution": first_run}))
    options = "--headless=new --no-sandbox --disable-gpu --force-first-run"
    quiet = "--disable-background-networking --no-default-browser-check"
    start = f"exec chromium {options} {quiet} --user-data-dir={profile} about:blank"
    script = f"mount --bind {settings_folder} {SETTINGS} && {start}"
    browser = subprocess.Popen(
        ["unshare", "-rm", "sh", "-c", script],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: any(bookmarks_of(profile)))
        return list(bookmarks_of(profile))
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


def bookmarks_of(profile: Path) -> Iterator[Any]:
    """Read the bookmarks of a profile, as far as they have been written."""
    file = profile / "Default" / "Bookmarks"
    roots = json.loads(file.read_text("utf-8"))["roots"] if file.exists() else {}
    for root in roots.values():
        yield from root["children"]


def test_its_importer_reads_what_goes_out(
    server: Server, ada: Person, settings_folder: Path, tmp_path: Path
) -> None:
    saved = [
        save(server, ada, title=title, url=f"https://example.com/{number}?a=1&copy=%27#x&y")
        for number, title in enumerate(TITLES)
    ]
    file = server.get("/links/export", ada).text
    found = import_into_chromium(file, settings_folder, tmp_path / "profile")
    assert [[each["name"], each["url"]] for each in found] == [
        [link["title"], link["url"]] for link in saved
    ]
