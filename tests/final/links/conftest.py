"""What the tests of links share."""

from collections.abc import Iterator

import pytest

from tests.support.page_site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    """Yield a web server."""
    site = Site()
    yield site
    site.close()
