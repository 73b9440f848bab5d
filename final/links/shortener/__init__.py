"""Short links: shortening, following, counting."""
