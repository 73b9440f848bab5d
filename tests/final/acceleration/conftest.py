"""The apps of these tests are fast, whatever the command line says."""

import pytest

from final.core.config import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings, which a test module may replace."""
    return settings.model_copy(update={"acceleration": True})
