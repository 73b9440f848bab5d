"""Posts for feed readers."""
