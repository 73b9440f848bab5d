"""Shelves as Goodreads and StoryGraph write them, in and out."""
