"""Mistakes to plant, and the command that sees whether the tests notice them."""
