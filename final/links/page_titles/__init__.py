"""The titles of pages elsewhere, fetched without being led astray."""
