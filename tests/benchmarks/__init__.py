"""Programs that measure; a test never asserts a time."""
