"""Judges what a class has handed in: each submission in a copy, in processes of its own."""
