"""The documentation in the hands of others: validators, and clients generated from it."""
