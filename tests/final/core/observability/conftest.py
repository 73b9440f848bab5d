"""Where traces go."""

from collections.abc import Iterator

import pytest

from tests.support.traces import Collector


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Start a collector."""
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()
