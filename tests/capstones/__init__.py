"""Four products to build on one's own after level 5, and the suites that check them."""
