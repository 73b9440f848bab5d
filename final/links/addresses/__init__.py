"""Addresses that may be saved, and this installation's own."""
