"""One's own tags: counted, renamed, merged, removed."""
