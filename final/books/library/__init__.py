"""One's own shelf."""
