"""Bookmark files as browsers write them, in and out."""
