"""The course: its roadmap, and what runs it on an app."""
